import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const app = fileURLToPath(new URL('../../infra/databricks/app', import.meta.url));
const variable = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), valueFrom: z.string() }),
]);
const { command, env } = z
  .strictObject({ command: z.array(z.string()), env: z.array(variable) })
  .parse(parse(readFileSync(join(app, 'app.yaml'), 'utf8')));

test('the app sets nothing that the service does not know', () => {
  const settings = readFileSync(new URL('../../docs/reference/settings.md', import.meta.url), 'utf8');
  for (const { name } of env) expect(settings).toContain(`\`${name.replace(/^SECRET_(\w+)$/, '$1_FILE')}\``);
});

test('what comes from the platform’s proxy comes to the on-behalf-of listener, and the main port is for nobody', () => {
  const values = new Map(env.map((one) => [one.name, 'value' in one ? one.value : undefined]));
  expect(values.get('OBO_LISTEN')).toBe('0.0.0.0:8000');
  expect(values.get('MCP_LISTEN')).toMatch(/^127\.0\.0\.1:/);
  expect(values.get('OBO_TRUSTED_PROXIES')).not.toMatch(/0\.0\.0\.0\/0|::\/0/);
});

describe('start.sh', () => {
  let dir: string;
  let seen: Record<string, string>;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'causeway-app-'));
    const node = join(dir, 'node');
    writeFileSync(node, '#!/bin/sh\nprintenv\n');
    chmodSync(node, 0o700);
    const secrets = { SECRET_HANDLE_KEY: 'k1:line\nk2:line', SECRET_REDIS_URL: 'rediss://u:p@h' };
    const output = execFileSync(command[0] ?? '', [join(app, command[1] ?? '')], {
      cwd: dir,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        NODE: node,
        TMPDIR: dir,
        JOURNAL_DIR: join(dir, 'journal'),
        ...secrets,
        DATABRICKS_CLIENT_ID: 'app',
        DATABRICKS_CLIENT_SECRET: 'own',
      },
    });
    seen = Object.fromEntries(
      output.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('puts each secret into a file that only the service reads', () => {
    const file = seen['HANDLE_KEY_FILE'] ?? '';
    expect(readFileSync(file, 'utf8')).toBe('k1:line\nk2:line');
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(seen['REDIS_URL_FILE'] ?? '', 'utf8')).toBe('rediss://u:p@h');
  });

  test('leaves no secret in the environment, nor a credential of the app itself', () => {
    expect(Object.keys(seen).filter((name) => /^SECRET_|^DATABRICKS_CLIENT/.test(name))).toEqual([]);
    expect(Object.values(seen).join('\n')).not.toMatch(/k1:|rediss:|own/);
  });

  test('names no file for a secret that there is none of', () => {
    expect(seen).not.toHaveProperty('PORTAL_CLIENT_KEY_FILE');
  });
});

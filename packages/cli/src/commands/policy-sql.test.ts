import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { policySql } from './policy-sql.ts';

const DEMO = readFileSync(new URL('../../../../infra/local/policy.yaml', import.meta.url), 'utf8');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-policy-sql-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(policy: string, ...argv: readonly string[]) {
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, policy);
  const written = { stdout: '', stderr: '' };
  const exitCode = await runCli(['policy', 'sql', file, ...argv], [policySql], {
    env: {},
    cwd: folder,
    version: '0',
    signal: new AbortController().signal,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { exitCode, ...written };
}

test('prints one transaction for psql, with the digest of the policy', async () => {
  const { exitCode, stdout, stderr } = await run(DEMO, '--dialect', 'postgres');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.match(/^BEGIN;$/gm)).toHaveLength(1);
  expect(stdout).toMatch(/^COMMIT;\n$/m);
  expect(stdout).toMatch(/INSERT INTO "causeway"."engine_state" [^;]*VALUES \('[0-9a-f]{64}', now\(\)\)/);
});

test('prints the Databricks script for a catalog', async () => {
  const { exitCode, stdout } = await run(DEMO, '--dialect', 'databricks', '--catalog', 'prod');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('\nUSE CATALOG `prod`;\n');
});

test('--json is the same script, with the dialect and the digest', async () => {
  const { stdout } = await run(DEMO, '--dialect', 'postgres');
  const json = JSON.parse((await run(DEMO, '--dialect', 'postgres', '--json')).stdout) as Record<string, string>;
  expect(json).toEqual({ dialect: 'postgres', digest: expect.stringMatching(/^[0-9a-f]{64}$/), sql: stdout });
  expect(stdout).toContain(json['digest']);
});

test('names the line of a row condition that is not in the language, and prints no SQL', async () => {
  const policy = DEMO.replace("west_sales: region = 'WEST'", "west_sales: region = (SELECT 'WEST')");
  const { exitCode, stdout, stderr } = await run(policy, '--dialect', 'postgres');
  expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' });
  expect(stderr).toMatch(/policy\.yaml:\d+:\d+: error: data\["sales\.deals"\]\.rows\.west_sales: .*a subquery/);
});

test.each([
  [['--dialect', 'oracle'], 'there is no dialect "oracle"'],
  [['--dialect', 'postgres', '--catalog', 'x'], '--catalog is for the dialect databricks'],
  [[], '--dialect'],
])('refuses %j before it reads anything', async (argv, message) => {
  const { exitCode, stderr } = await run('not a policy', ...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SigningKeys } from '@causeway/auth';
import { type IdentityProviders, startIdentityProviders } from '@causeway/local/identity-providers';
import { signInAs } from '@causeway/local/sign-in-as';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { COMMANDS } from './index.ts';

const DEMO_POLICY = fileURLToPath(new URL('../../../../infra/local/policy.yaml', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
const policy = join(cwd, 'policy.yaml');
let providers: IdentityProviders;

beforeAll(async () => {
  providers = await startIdentityProviders({ port: 0, dir: join(cwd, 'idp') });
  const text = readFileSync(DEMO_POLICY, 'utf8');
  writeFileSync(policy, text.replaceAll('http://127.0.0.1:8710', providers.baseUrl).replaceAll('../../', ''));
});
afterAll(async () => {
  await providers.close();
  rmSync(cwd, { recursive: true });
});

async function causeway(args: readonly string[], env: Record<string, string> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const exitCode = await runCli(args, COMMANDS, {
    version: 'test',
    env,
    cwd,
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    signal: AbortSignal.timeout(20_000),
  });
  return { exitCode, stdout: out.join(''), stderr: err.join('') };
}

const tokenOf = async (idp: 'fabrikam' | 'contoso', email: string) =>
  (await signInAs({ issuer: providers.issuers[idp], email })).accessToken;

describe('auth test', () => {
  test('says step by step why a token would be accepted, and what it would become', async () => {
    const token = await tokenOf('fabrikam', 'mona@fabrikam.example');
    const { exitCode, stdout } = await causeway(['auth', 'test', '--token', token, policy]);
    expect(exitCode).toBe(0);
    for (const line of ['ok  signature', 'ok  role', 'A principal token would be given.'])
      expect(stdout).toContain(line);
    expect(stdout).toMatch(/^role +managers$/m);
    expect(stdout).toMatch(/^scopes +sql, genie$/m);
    expect(stdout).toMatch(/^database role +[\da-f-]{36}$/m);
    expect(stdout).not.toContain(token);
  });

  test('names the step that refuses', async () => {
    const token = await tokenOf('contoso', 'noah@contoso.example');
    const noRole = await causeway(['auth', 'test', '--token', token, '--json'], { CAUSEWAY_POLICY: policy });
    expect([noRole.exitCode, JSON.parse(noRole.stdout)]).toMatchObject([1, { accepted: false }]);
    const [head, payload] = token.split('.');
    const forged = await causeway(['auth', 'test', '--token', `${head}.${payload}.${'A'.repeat(342)}`, policy]);
    expect(forged.exitCode).toBe(1);
    expect(forged.stdout).toContain('no  signature');
    expect(forged.stdout).toContain('signature_invalid');
  });
});

describe('keys create', () => {
  test('makes the first keys of PORTAL_KEYS_DIR, and never touches keys that are there', async () => {
    const dir = join(cwd, 'first-keys');
    const create = () => causeway(['keys', 'create'], { PORTAL_KEYS_DIR: dir });
    expect((await create()).exitCode).toBe(0);
    const file = join(dir, 'signing-keys.json');
    const made = readFileSync(file, 'utf8');
    expect(new SigningKeys({ dir, now: Date.now, create: false }).publicJwks.keys).toHaveLength(2);
    const again = await create();
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('keys rotate')]);
    expect(readFileSync(file, 'utf8')).toBe(made);
    expect((await causeway(['keys', 'create'])).exitCode).toBe(78);
    const other = join(cwd, 'other-keys');
    const { stdout } = await causeway(['keys', 'create', '--json'], { PORTAL_KEYS_DIR: other });
    expect(JSON.parse(stdout)).toEqual({ dir: other });
  });
});

describe('keys rotate', () => {
  test('promotes the next key of PORTAL_KEYS_DIR, and refuses where there are none', async () => {
    const dir = join(cwd, 'keys');
    mkdirSync(dir);
    expect((await causeway(['keys', 'rotate'], { PORTAL_KEYS_DIR: dir })).exitCode).not.toBe(0);
    const keys = new SigningKeys({ dir, now: () => Date.now() - 60_000, create: true });
    const before = keys.current.kid;
    const { exitCode, stdout } = await causeway(['keys', 'rotate', '--json'], { PORTAL_KEYS_DIR: dir });
    expect(exitCode).toBe(0);
    const { kid } = JSON.parse(stdout) as { kid: string };
    expect(kid).not.toBe(before);
    expect(new SigningKeys({ dir, now: () => Date.now() + 60_000, create: false }).current.kid).toBe(kid);
  });
});

describe('dev agent-token', () => {
  test('asks the portal with the agent’s secret, and prints the token and nothing else', async () => {
    mkdirSync(join(cwd, '.causeway/clients'), { recursive: true });
    writeFileSync(join(cwd, '.causeway/clients/supervisor.secret'), 'the-secret\n');
    const asked: string[] = [];
    const portal = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => asked.push(`${request.headers.authorization} ${body}`));
      request.on('end', () => response.end('{"access_token":"a.b.c"}'));
    }).listen(0, '127.0.0.1');
    await once(portal, 'listening');
    const env = { PORTAL_PUBLIC_URL: `http://127.0.0.1:${(portal.address() as AddressInfo).port}` };
    expect(await causeway(['dev', 'agent-token', 'supervisor'], env)).toEqual({
      exitCode: 0,
      stdout: 'a.b.c\n',
      stderr: '',
    });
    const actor = await causeway(['dev', 'agent-token', 'supervisor', '--actor', '--json'], env);
    expect(JSON.parse(actor.stdout)).toEqual({ token: 'a.b.c' });
    const basic = Buffer.from('supervisor:the-secret').toString('base64');
    expect(asked).toEqual([
      `Basic ${basic} grant_type=client_credentials`,
      `Basic ${basic} grant_type=client_credentials&resource=${encodeURIComponent(env.PORTAL_PUBLIC_URL)}`,
    ]);
    portal.close();
    const elsewhere = await causeway(['dev', 'agent-token', '../../etc'], env);
    expect([elsewhere.exitCode, elsewhere.stdout]).toEqual([2, '']);
    const outside = await causeway(['dev', 'agent-token', 'supervisor'], {
      PORTAL_PUBLIC_URL: 'https://portal.example',
    });
    expect([outside.exitCode, outside.stdout]).toEqual([78, '']);
  });
});

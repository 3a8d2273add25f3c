import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { type IdentityProviders, startIdentityProviders } from '@causeway/local/identity-providers';
import { PEOPLE } from '@causeway/local/people';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
let providers: IdentityProviders;

beforeAll(async () => {
  providers = await startIdentityProviders({ port: 0, dir });
});
afterAll(async () => {
  await providers.close();
  rmSync(dir, { recursive: true });
});

/** The real process, as `npx causeway` runs it. */
async function causeway(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { CAUSEWAY_PORT_IDP: new URL(providers.baseUrl).port, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, exitCode };
}

const claimsOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

const WANDA = ['dev', 'token', '--idp', 'northwind', '--user', 'wanda@northwind.example'];

test('prints the access token and nothing else', async () => {
  const { stdout, stderr, exitCode } = await causeway(WANDA);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(claimsOf(stdout)).toMatchObject({ iss: providers.issuers.northwind, azp: 'causeway-dev' });
});

test('prints the ID token when it is asked for that', async () => {
  const { stdout } = await causeway([...WANDA, '--id-token']);
  expect(claimsOf(stdout)).toMatchObject({ aud: 'causeway-dev', email: 'wanda@northwind.example' });
  const { token } = JSON.parse((await causeway([...WANDA, '--id-token', '--json'])).stdout) as { token: string };
  expect(claimsOf(token)).toMatchObject({ aud: 'causeway-dev' });
});

test.each(PEOPLE.filter(({ idp }) => idp !== 'northwind').slice(0, 3))('prints a token of $email', async (person) => {
  const { stdout, exitCode } = await causeway(['dev', 'token', '--idp', person.idp, '--user', person.email]);
  expect(exitCode).toBe(0);
  expect(claimsOf(stdout)['iss']).toBe(providers.issuers[person.idp]);
});

test.each([
  [['--idp', 'northwnd', '--user', 'x'], {}, 2, 'there is no identity provider "northwnd"; did you mean northwind?'],
  [
    ['--idp', 'nobody-at-all', '--user', 'x'],
    {},
    2,
    'there is no identity provider "nobody-at-all"; there are northwind, ',
  ],
  [
    ['--idp', 'northwind', '--user', 'mona@fabrikam.example'],
    {},
    1,
    '/northwind/ knows nobody by mona@fabrikam.example',
  ],
  [['--idp', 'northwind', '--user', 'x'], { CAUSEWAY_PORT_IDP: 'x' }, 78, 'CAUSEWAY_PORT_IDP must be a port'],
  [
    ['--idp', 'northwind', '--user', 'wanda@northwind.example'],
    { PORTAL_PUBLIC_URL: 'https://portal.example' },
    78,
    'causeway dev does not work in production: PORTAL_PUBLIC_URL is not loopback',
  ],
])('%j with %j is refused in one line with exit code %s', async (args, env, code, message) => {
  const { stdout, stderr, exitCode } = await causeway(['dev', 'token', ...args], env);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: code });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd()).not.toContain('\n');
});

test('says that the stack is not running when nothing answers', async () => {
  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const { port } = unused.address() as { port: number };
  unused.close();
  await once(unused, 'close');
  const { stdout, stderr, exitCode } = await causeway(WANDA, { CAUSEWAY_PORT_IDP: String(port) });
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
  expect(stderr).toBe(
    `causeway: nothing answers at http://127.0.0.1:${port}/northwind/; is the stack running? (npm start)\n`,
  );
});

test('ends quietly when nobody reads what it prints', async () => {
  const child = spawn(process.execPath, [MAIN, '--help'], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
});

import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { CHECKOUT, runCommand } from './command.ts';
import { McpWorld, type Proof, type ToolResult } from './mcp-world.ts';
import { requirement } from './requirement.ts';

const WANDA = 'wanda@northwind.example';
const ERIK = 'erik@northwind.example';
const WEST_RULE = `west_sales: region = 'WEST'`;

let world: McpWorld;
let original: string;
let wanda: Proof;
let erik: Proof;
beforeAll(async () => {
  world = await McpWorld.start();
  original = readFileSync(world.environment['CAUSEWAY_POLICY'] ?? '', 'utf8');
  [wanda, erik] = [await world.proofOf(WANDA), await world.proofOf(ERIK)];
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** What ends a wait that would never end: each condition is expected much sooner. */
const WAIT = { timeout: 30_000, interval: 50 };

const edit = (from: string, to: string) =>
  world.editPolicy((text) => {
    if (!text.includes(from)) throw new Error(`the policy has no ${from}`);
    return text.replace(from, to);
  });
const restore = () => world.editPolicy(() => original);

/** A call's outcome in a word: its code, or `ok`. */
const outcome = async (call: Promise<ToolResult>) => {
  const { status, code } = await call;
  return code ?? (status === 200 ? 'ok' : String(status));
};
const whoAmI = (proof: Proof) => world.call(proof, 'check_identity');
const regionsOf = async (proof: Proof) => {
  const { code, content } = await world.call(proof, 'get_region_summary');
  return code ?? (content['rows'] as { region: string }[]).map(({ region }) => region).join();
};
const exchanged = (email: string) =>
  world
    .signIn(email)
    .then(
      (token) => world.exchange(token).then(() => 'ok'),
      (error: Error) => error.message,
    )
    .catch((error: Error) => error.message);

interface Health {
  readonly status: string;
  readonly dependencies: Readonly<Record<string, { readonly status: string; readonly cause?: string }>>;
}
async function health(base: string | undefined): Promise<Health> {
  return (await (await fetch(`${base}/health`)).json()) as Health;
}
const mcpHealth = () => health(world.environment['MCP_PUBLIC_URL']);
const policyHealth = async () => (await mcpHealth()).dependencies['policy'];
const APPLIED = { status: 'ok' };
const WAITING = { status: 'degraded', cause: expect.stringContaining('run `causeway db apply`') };

async function apply(policy: string): Promise<void> {
  const line = [join(CHECKOUT, 'node_modules/.bin/causeway'), 'db', 'apply', '--policy', policy] as const;
  const { exitCode, stderr } = await runCommand(line, { env: world.environment });
  if (exitCode !== 0) throw new Error(stderr);
}

/** Back to where the test began: by the file, the engine, and what the service says of itself. */
async function backToStart(): Promise<void> {
  restore();
  await apply(world.environment['CAUSEWAY_POLICY'] ?? '');
  await expect.poll(policyHealth, WAIT).toMatchObject(APPLIED);
  await expect.poll(() => regionsOf(wanda), WAIT).toBe('WEST');
}

requirement('reload-2s', 'an edit holds in the portal and in the MCP service without a restart', async () => {
  const { human } = decodeJwt(wanda.headers['authorization']?.slice('Bearer '.length) ?? '') as {
    human: { iss: string; sub: string };
  };
  expect([await outcome(whoAmI(wanda)), await exchanged(WANDA)]).toEqual(['ok', 'ok']);
  world.editPolicy((text) => `${text}\nrevoked: { humans: [{ issuer: '${human.iss}', subject: '${human.sub}' }] }\n`);
  await expect.poll(() => outcome(whoAmI(wanda)), WAIT).toBe('invalid_token');
  await expect.poll(() => exchanged(WANDA), WAIT).toContain('400');
  expect([await outcome(whoAmI(erik)), await policyHealth()]).toMatchObject(['ok', APPLIED]);
  restore();
  await expect.poll(() => outcome(whoAmI(wanda)), WAIT).toBe('ok');
  await expect.poll(() => exchanged(WANDA), WAIT).toBe('ok');
});

requirement('reload-bad-edit-keeps-old', 'a bad edit is reported by name, and the policy before it holds', async () => {
  edit('version: 1', 'version: 1\ncolour: red');
  await expect
    .poll(policyHealth, WAIT)
    .toMatchObject({ status: 'degraded', cause: 'an edit of the policy was refused' });
  const portal = async () => (await health(world.environment['PORTAL_PUBLIC_URL'])).dependencies['policy'];
  await expect.poll(portal, WAIT).toMatchObject({ status: 'degraded' });
  expect([await regionsOf(wanda), await exchanged(WANDA)]).toEqual(['WEST', 'ok']);
  restore();
  await expect.poll(policyHealth, WAIT).toMatchObject(APPLIED);
  await expect.poll(portal, WAIT).toMatchObject(APPLIED);
});

requirement(
  'reload-digest-differs',
  'an edit of what the engine enforces waits for db apply under the policy before; what it revokes is out at once',
  async () => {
    const { human } = decodeJwt(erik.headers['authorization']?.slice('Bearer '.length) ?? '') as {
      human: { iss: string; sub: string };
    };
    world.editPolicy(
      (text) =>
        `${text.replace(WEST_RULE, `west_sales: region = 'NORTH'`)}\nrevoked: { humans: [{ issuer: '${human.iss}', subject: '${human.sub}' }] }\n`,
    );
    await expect.poll(policyHealth, WAIT).toMatchObject(WAITING);
    await expect.poll(() => outcome(whoAmI(erik)), WAIT).toBe('invalid_token');
    expect([await regionsOf(wanda), (await mcpHealth()).status]).toEqual(['WEST', 'degraded']);
    await apply(world.environment['CAUSEWAY_POLICY'] ?? '');
    await expect.poll(policyHealth, WAIT).toMatchObject(APPLIED);
    expect([await regionsOf(wanda), await outcome(whoAmI(erik))]).toEqual(['NORTH', 'invalid_token']);
    await backToStart();
    expect(await outcome(whoAmI(erik))).toBe('ok');
  },
);

requirement(
  'reload-digest-differs',
  'an engine that was told first stops the calls until the policy is the same here',
  async () => {
    const next = join(dirname(world.environment['CAUSEWAY_POLICY'] ?? ''), 'next.yaml');
    writeFileSync(next, original.replace(WEST_RULE, `west_sales: region = 'NORTH'`));
    await apply(next);
    await expect.poll(() => regionsOf(wanda), WAIT).toBe('upstream_unavailable');
    const { status, dependencies } = await mcpHealth();
    expect([status, dependencies['platform']]).toMatchObject(['down', { status: 'down', cause: WAITING.cause }]);
    edit(WEST_RULE, `west_sales: region = 'NORTH'`);
    await expect.poll(() => regionsOf(wanda), WAIT).toBe('NORTH');
    await backToStart();
  },
);

requirement(
  'reload-token-and-policy',
  'scopes and tools are those of the token and of the policy of this moment, the narrower of the two',
  async () => {
    const scopes = async (proof: Proof) => (await whoAmI(proof)).content['scopes'];
    const narrow = world.bearer(await world.exchange(await world.signIn(WANDA), { scope: 'sql' }));
    expect([await scopes(wanda), await scopes(narrow)]).toEqual([['sql', 'genie'], ['sql']]);
    const ask = (proof: Proof) => outcome(world.call(proof, 'genie_query', { question: 'how many deals' }));
    expect([await ask(wanda), await ask(narrow)]).toEqual(['ok', 'insufficient_scope']);

    // The token has the scope, the role no longer: no better token would help.
    edit(
      'west_sales: { principal: 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01, scopes: [sql, genie] }',
      'west_sales: { principal: 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01, scopes: [sql] }',
    );
    await expect.poll(() => ask(wanda), WAIT).toBe('access_denied');
    expect([await scopes(wanda), await world.list(wanda)]).toEqual([
      ['sql'],
      expect.not.arrayContaining(['genie_query']),
    ]);
    await backToStart();
    await expect.poll(() => ask(wanda), WAIT).toBe('ok');
    expect(await ask(narrow)).toBe('insufficient_scope');

    // A principal that is another one now: the token’s is nobody.
    edit('principal: 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c02', 'principal: 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9cff');
    await expect.poll(() => outcome(whoAmI(erik)), WAIT).toBe('invalid_token');
    await backToStart();
    await expect.poll(() => outcome(whoAmI(erik)), WAIT).toBe('ok');
  },
);

requirement(
  'reload-symlink-swap',
  'a policy that is mounted by links is followed when the link is swapped',
  async () => {
    const file = world.environment['CAUSEWAY_POLICY'] ?? '';
    const folder = dirname(file);
    const mount = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'policy.yaml'), text);
      symlinkSync(name, join(folder, '..next'));
      renameSync(join(folder, '..next'), join(folder, '..data'));
    };
    // As Kubernetes does it: the file is a link into `..data`, and that is a link to a folder which is never changed.
    mount('..first', original);
    symlinkSync(join('..data', 'policy.yaml'), `${file}.link`);
    renameSync(`${file}.link`, file);
    expect(await outcome(whoAmI(wanda))).toBe('ok');
    mount('..second', `${original}\nrevoked: { roles: [west_sales] }\n`);
    rmSync(join(folder, '..first'), { recursive: true });
    await expect.poll(() => outcome(whoAmI(wanda)), WAIT).toBe('invalid_token');
    expect(await outcome(whoAmI(erik))).toBe('ok');
  },
);

import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Ports } from '@causeway/local/ports';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { afterAll, beforeAll } from 'vitest';
import { callBody, callHeaders, type Content, McpWorld, type Proof } from './mcp-world.ts';
import { ChangingPolicy, policyOfItsOwn } from './policy-of-its-own.ts';
import { type Replica, send, startReplica } from './replica.ts';
import { governanceTests } from './testing/governance-tests.ts';
import { handleTests } from './testing/handle-tests.ts';
import { limitTests } from './testing/limit-tests.ts';
import { questionsPassed } from './testing/questions-passed.ts';
import { settingTests } from './testing/setting-tests.ts';

let world: McpWorld;
let policy: ChangingPolicy;
let replica: Replica;
let ports: Ports;

/** A replica of the MCP service with the next handle key, an admin listener, and no listener for on-behalf-of. */
function replicaEnvironment(): Record<string, string> {
  const { OBO_LISTEN: _, ADMIN_DATABASE_URL: __, ...env } = world.environment;
  const handleKeys = join(env['JOURNAL_DIR'] ?? '', '..', 'next-handle-keys');
  const before = readFileSync(env['HANDLE_KEY_FILE'] ?? '', 'utf8');
  writeFileSync(handleKeys, `k2:${randomBytes(32).toString('base64url')}\n${before}`, { mode: 0o600 });
  return {
    ...env,
    HANDLE_KEY_FILE: handleKeys,
    MCP_LISTEN: `127.0.0.1:${ports.mcp}`,
    ADMIN_LISTEN: `127.0.0.1:${ports.identityProviders}`,
  };
}

const host = () => new URL(world.url).host;

async function askReplica({ headers }: Proof, tool: string, args: object) {
  const { status, body } = await send(host(), {
    port: ports.mcp,
    path: '/mcp',
    method: 'POST',
    headers: { ...headers, ...callHeaders('tools/call', tool) },
    body: callBody('tools/call', { name: tool, arguments: args }),
  });
  const { result } = JSON.parse(body) as { result?: { structuredContent: Content } };
  return { status, content: result?.structuredContent ?? {} };
}

beforeAll(async () => {
  const place = await McpWorld.place();
  world = await McpWorld.start({ place, policyFile: policyOfItsOwn(place, (text) => text) });
  ports = await freeStackPorts();
  replica = await startReplica({
    service: 'mcp',
    env: replicaEnvironment(),
    isUp: async () => (await send(host(), { port: ports.mcp, path: '/readyz' })).status === 200,
  });
  policy = new ChangingPolicy(world, [async (proof) => (await askReplica(proof, 'check_identity', {})).status]);
});
afterAll(async () => {
  await replica?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const limited = () => ({
  world,
  policy,
  askReplica: async (proof: Proof, question: object) => (await askReplica(proof, 'genie_query', question)).content,
  aMinutePasses: () => questionsPassed(world),
});

limitTests(limited);
handleTests(limited);
governanceTests(limited);
settingTests(() => ({ world, policy, host: host(), ports, replica }));

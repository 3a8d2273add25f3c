import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import type { McpWorld } from '../mcp-world.ts';
import { changed } from '../policy-of-its-own.ts';
import { requirement } from '../requirement.ts';
import type { LimitedWorld } from './limit-tests.ts';

const WANDA = 'wanda@northwind.example';
const NOT_FOUND = { error: { code: 'not_found' } };
const DONE = { status: 'completed' };

/** How long a conversation's handle is worth something, and to whom. */
export function handleTests(limited: () => LimitedWorld): void {
  describe('the handle of a conversation', () => {
    foreignTests(limited);
    staleTests(limited);
    rotationTests(limited);
  });
}

const ask = async (world: McpWorld, token: string, handle?: unknown) => {
  const question = handle === undefined ? 'revenue by region' : 'only won deals';
  const args = { question, ...(handle !== undefined && { conversation_id: handle }) };
  return (await world.call(world.bearer(token), 'genie_query', args)).content;
};
const signIn = async (world: McpWorld, email: string) => world.exchange(await world.signIn(email));

/** The portal takes an edit up by itself. */
const untilRoleIs = (role: string, world: McpWorld) =>
  expect.poll(async () => decodeJwt(await signIn(world, WANDA))['role'], { timeout: 30_000, interval: 200 }).toBe(role);

function foreignTests(limited: () => LimitedWorld): void {
  requirement('genie-handle-foreign', 'it is not_found for another human, agent or tool', async () => {
    const { world } = limited();
    const [wanda, erik, elena] = await Promise.all(
      [WANDA, 'erik@northwind.example', 'elena@contoso.example'].map((email) => signIn(world, email)),
    );
    const { conversation_id: handle } = await ask(world, wanda ?? '');
    expect(await ask(world, erik ?? '', handle)).toMatchObject(NOT_FOUND);
    expect(await ask(world, await world.agentFor(WANDA), handle)).toMatchObject(NOT_FOUND);
    expect(await ask(world, wanda ?? '', handle)).toMatchObject(DONE);
    const own = await ask(world, elena ?? '');
    const args = { question: 'and by product', conversation_id: own['conversation_id'] };
    expect((await world.call(world.bearer(elena ?? ''), 'ask_supervisor', args)).content).toMatchObject(NOT_FOUND);
  });
}

function staleTests(limited: () => LimitedWorld): void {
  requirement(
    'genie-handle-stale',
    'it ends with its time, of which the policy cannot give more than a day',
    async () => {
      const { world, policy } = limited();
      const token = await signIn(world, WANDA);
      const { conversation_id: lasting } = await ask(world, token);
      await policy.change((text) => `${text}\nlifetimes: { conversationSeconds: 1 }\n`);
      const { conversation_id: short } = await ask(world, token);
      await expect.poll(() => ask(world, token, short), { timeout: 30_000, interval: 200 }).toMatchObject(NOT_FOUND);
      expect(await ask(world, token, lasting)).toMatchObject(DONE);
      world.editPolicy((text) => changed(text, 'conversationSeconds: 1', 'conversationSeconds: 86401'));
      const health = async () => (await fetch(`${world.environment['MCP_PUBLIC_URL']}/health`)).text();
      await expect.poll(health, { timeout: 30_000 }).toContain('an edit of the policy was refused');
    },
  );

  requirement('genie-handle-stale', 'it ends when the role of its human is another one', async () => {
    const { world, policy } = limited();
    await policy.change((text) => text);
    const before = await signIn(world, WANDA);
    const { conversation_id: handle } = await ask(world, before);
    await policy.change((text) => changed(text, 'west-reps: west_sales', 'west-reps: managers'));
    await untilRoleIs('managers', world);
    const after = await signIn(world, WANDA);
    expect(decodeJwt(before)['role']).toBe('west_sales');
    expect(await ask(world, after, handle)).toMatchObject(NOT_FOUND);
    expect(await ask(world, before, handle)).toMatchObject(DONE);
  });
}

function rotationTests(limited: () => LimitedWorld): void {
  requirement('genie-handle-rotation', 'a replica with the next key reads the handles of the key before', async () => {
    const { world, policy, askReplica } = limited();
    await policy.change((text) => text);
    await untilRoleIs('west_sales', world);
    const wanda = await world.proofOf(WANDA);
    const token = await signIn(world, WANDA);
    const { conversation_id: old } = await ask(world, token);
    const followed = await askReplica(wanda, { question: 'only won deals', conversation_id: old });
    expect(followed).toMatchObject(DONE);
    expect(followed['conversation_id']).toMatch(/^k2\./);
    expect(old).toMatch(/^k1\./);
    expect(await ask(world, token, followed['conversation_id'])).toMatchObject(NOT_FOUND);
  });
}

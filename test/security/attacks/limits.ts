import { randomUUID } from 'node:crypto';
import { basic } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import { type Header, PROXY, type SecurityWorld } from '../security-world.ts';

export function limits(started: () => SecurityWorld): void {
  describe('limits', () => {
    ofCallers(started);
    ofStrangers(started);
    ofAddresses(started);
  });
}

/** Of the policy of these tests: searches of one caller and minute. */
const SEARCHES = 5;

function ofCallers(started: () => SecurityWorld): void {
  // Red when `callerKey` in packages/core/src/caller.ts holds the token's id.
  test('[limit-person] new tokens, addresses and spellings do not make one person two', async () => {
    const world = started();
    const tokens = await Promise.all(
      Array.from({ length: 4 }, async () => world.mcp.exchange(await world.mcp.signIn(EMAIL.erik))),
    );
    const codes: (string | undefined)[] = [];
    for (let at = 0; at < SEARCHES + 4; at++) {
      const proof: Header[] = [
        [at % 2 === 0 ? 'authorization' : 'AUTHORIZATION', `${at % 2 === 0 ? 'Bearer' : 'bearer'} ${tokens[at % 4]}`],
        ['x-forwarded-for', `203.0.113.${at}`],
        ['x-request-id', `limit-${randomUUID()}`],
      ];
      codes.push(
        (
          await world.callBy({ headers: proof, from: `127.0.0.${60 + at}` }, 'query_knowledge_base', {
            query: 'discount',
          })
        ).code,
      );
    }
    expect(codes.filter((code) => code === undefined)).toHaveLength(SEARCHES);
    expect(codes.slice(SEARCHES)).toEqual(codes.slice(SEARCHES).map(() => 'rate_limited'));
  });

  // Red when `callerKey` in packages/core/src/caller.ts holds the token's id.
  test('[limit-agent] an agent for one human has one allowance, and the human’s own is another', async () => {
    const world = started();
    const search = async (token: string) =>
      (await world.call([['authorization', `Bearer ${token}`]], 'query_knowledge_base', { query: 'discount' })).code;
    const codes: (string | undefined)[] = [];
    for (let at = 0; at < SEARCHES + 2; at++) codes.push(await search(await world.mcp.agentFor(EMAIL.mona)));
    expect(codes.filter((code) => code === undefined)).toHaveLength(SEARCHES);
    expect(await search(await world.mcp.exchange(await world.mcp.signIn(EMAIL.mona)))).toBeUndefined();
  });
}

/** How many refusals of one address and minute get a record each. */
const RECORDED = 20;

function ofStrangers(started: () => SecurityWorld): void {
  // Red when packages/audit/src/journal/refusal-recorder.ts records each, and when packages/runtime/src/network/address-block.ts takes each address for itself.
  test.each([
    ['one address that says it is many', '127.0.0.71', (at: number) => `198.51.100.${at}`],
    ['a /64 of IPv6 behind a trusted proxy', PROXY, (at: number) => `2001:db8:0:64::${at.toString(16)}`],
  ])('[flood-journal] %s fills no more than its allowance of the journal', async (_who, from, pretended) => {
    const world = started();
    const flood = `flood-${randomUUID()}`;
    const refused = (at: number): readonly Header[] => [
      ['content-type', 'application/json'],
      ['x-forwarded-for', pretended(at)],
      ['x-request-id', `${flood}-${at}`],
    ];
    const asked = Array.from({ length: 120 }, (_, at) => world.send({ from, headers: refused(at), body: '{}' }));
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([401]));
    // Written after them into the same journal, by somebody whom the flood does not concern.
    const [last, proof] = [`${flood}-last`, await world.as(EMAIL.wanda)];
    await world.call([...proof, ['x-request-id', last]], 'check_identity');
    const rows = (id: string) => world.audit('SELECT 1 FROM audit_base.tool_calls WHERE request_id LIKE $1', [id]);
    await expect.poll(async () => (await rows(last)).length, { timeout: 60_000, interval: 100 }).toBe(1);
    const recorded = (await rows(`${flood}%`)).length - 1;
    expect(recorded).toBeGreaterThan(0);
    // A minute may end meanwhile.
    expect(recorded).toBeLessThanOrEqual(2 * RECORDED);
  });
}

function ofAddresses(started: () => SecurityWorld): void {
  // Red when packages/runtime/src/network/address-block.ts takes each address for itself, and when client-address.ts believes everybody.
  test('[limit-address] a /64 is one address at the token endpoint, and what a stranger says of itself is not believed', async () => {
    const world = started();
    world.mcp.editPolicy((text) => text.replace(/(tokenRequestsPerMinutePerAddress): \d+/, '$1: 3'));
    const statusOf = async (from: string, address: string) =>
      (
        await world.post(
          '/oauth/token',
          { grant_type: 'client_credentials' },
          {
            from,
            headers: [...Object.entries(basic('nobody', 'x')), ['x-forwarded-for', address]],
          },
        )
      ).status;
    await expect.poll(() => statusOf('127.0.0.80', '192.0.2.1'), { timeout: 60_000, interval: 100 }).toBe(429);
    const many = async (from: string, address: (at: number) => string) => {
      const statuses: number[] = [];
      for (let at = 0; at < 6; at++) statuses.push(await statusOf(from, address(at)));
      return statuses;
    };
    const three = [401, 401, 401, 429, 429, 429];
    expect(await many('127.0.0.81', (at) => `192.0.2.${at}`)).toEqual(three);
    expect(await many(PROXY, (at) => `2001:db8:0:1::${at}`)).toEqual(three);
    expect(await many(PROXY, (at) => `${at}.9.9.9, 2001:db8:0:2:${at}::1`)).toEqual(three);
    expect(await many(PROXY, (at) => `2001:db8:0:${at + 10}::1`)).toEqual(Array.from({ length: 6 }, () => 401));
  });
}

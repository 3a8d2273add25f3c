import { callBody, callHeaders } from '@causeway/test-e2e/mcp-world';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import type { Header, SecurityWorld } from '../security-world.ts';

export function caches(started: () => SecurityWorld): void {
  describe('caches between callers', () => {
    keptForOne(started);
    rowsAndAnswers(started);
  });
}

function keptForOne(started: () => SecurityWorld): void {
  // Red when packages/auth/src/verification-cache.ts keeps results by a token's first two parts.
  test('[cache-token] a token that differs from a known one in a single character is not known', async () => {
    const world = started();
    const token = await world.mcp.exchange(await world.mcp.signIn(EMAIL.elena));
    const ask = (one: string) => world.call([['authorization', `Bearer ${one}`]], 'check_identity');
    expect((await ask(token)).status).toBe(200);
    const [head = '', payload = '', signature = ''] = token.split('.');
    const wanda = await world.mcp.exchange(await world.mcp.signIn(EMAIL.wanda));
    const forgeries = [
      `${head}.${payload}.${flipped(signature)}`,
      `${head}.${flipped(payload)}.${signature}`,
      `${head}.${payload}.${wanda.split('.')[2]}`,
      `${wanda.split('.').slice(0, 2).join('.')}.${signature}`,
      `${head}.${payload}.`,
      `${token}=`,
      token.toUpperCase(),
    ];
    // At the same moment as the good one: who waits for the same verification must not get its result.
    const answers = await Promise.all(forgeries.flatMap((forged) => [ask(token), ask(forged)]));
    expect(answers.map(({ status }) => status)).toEqual(forgeries.flatMap(() => [200, 401]));
  });

  // Red when `list` in services/mcp/src/call/create-tool-host.ts keeps the first list for everybody.
  test('[cache-list] a list that was made for one caller is not shown to another, and no hop may keep it', async () => {
    const world = started();
    const list = async (proof: readonly Header[]) => {
      const headers = [...Object.entries(callHeaders('tools/list')), ...proof];
      const heard = await world.send({ headers, body: callBody('tools/list', {}) });
      expect(heard.headers['cache-control']).toBe('no-store');
      const { tools, cacheScope } = heard.json['result'] as { tools: unknown[]; cacheScope: string };
      expect(cacheScope).toBe('private');
      return tools.length;
    };
    const [elena, wanda] = [await world.as(EMAIL.elena), await world.as(EMAIL.wanda)];
    const asked = Array.from({ length: 20 }, (_, at) => list(at % 2 === 0 ? elena : wanda));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 9 : 5)));
  });
}

function rowsAndAnswers(started: () => SecurityWorld): void {
  // Red when packages/platform/src/postgres/unit-runner.ts takes the same role for everybody.
  test('[cache-rows] the same question at the same moment gets each caller their own rows', async () => {
    const world = started();
    const people = [EMAIL.wanda, EMAIL.erik, EMAIL.elena] as const;
    const proofs = await Promise.all(people.map((email) => world.as(email)));
    const regions = async (proof: readonly Header[]) => {
      const { content } = await world.call(proof, 'get_region_summary');
      return (content['rows'] as { region: string }[]).map(({ region }) => region).join();
    };
    const rounds = Array.from({ length: 20 }, () => Promise.all(proofs.map(regions)));
    for (const round of await Promise.all(rounds)) expect(round).toEqual(['WEST', 'EAST', 'EAST,NORTH,SOUTH,WEST']);
  });

  // Red when the `Vary`-less answers of packages/runtime/src/http/security-headers.ts may be stored.
  test('[cache-answers] no answer of any service may be stored by a hop, whoever asks and however it ends', async () => {
    const world = started();
    const { portal, mcp, auditWorker } = world.listeners;
    const urls = [
      [portal, '/'],
      [portal, '/oauth/token'],
      [portal, '/nowhere.css'],
      [mcp, '/mcp'],
      [mcp, '/mcp/nowhere.css'],
      [auditWorker, '/health'],
    ] as const;
    for (const [port, path] of urls) {
      const { headers } = await world.send({ url: `http://127.0.0.1:${port}${path}`, method: 'GET' });
      expect([path, headers['cache-control']]).toEqual([path, expect.stringContaining('no-store')]);
    }
  });
}

/** With another character in its middle. */
function flipped(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

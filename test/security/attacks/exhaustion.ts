import { gzipSync } from 'node:zlib';
import { callBody, callHeaders } from '@causeway/test-e2e/mcp-world';
import { ACCESS_TOKEN, basic, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import type { SecurityWorld } from '../security-world.ts';

export function exhaustion(started: () => SecurityWorld): void {
  describe('exhaustion', () => {
    bodies(started);
    hostileText(started);
    hostileRequests(started);
  });
}

const JSON_TYPE = ['content-type', 'application/json'] as const;

function bodies(started: () => SecurityWorld): void {
  // Red when services/mcp/src/mcp/create-mcp.ts does not look at the encoding, and when read-form.ts of the portal does not.
  test.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'GZIP'])(
    '[bomb-request] a body with content-encoding %s is not unpacked',
    async (encoding) => {
      const world = started();
      const headers = [...(await world.as(EMAIL.wanda)), ['content-encoding', encoding] as const];
      const usual = Object.entries(callHeaders('tools/call', 'check_identity'));
      const text = callBody('tools/call', { name: 'check_identity', arguments: {} });
      for (const body of [gzipSync(Buffer.alloc(32 * 1024 * 1024)), gzipSync(text), text]) {
        expect((await world.send({ headers: [...usual, ...headers], body })).status).toBe(415);
      }
      const form = { grant_type: 'client_credentials', ...clientOf(world) };
      expect((await world.post('/oauth/token', form, { headers: [['content-encoding', encoding]] })).status).toBe(400);
    },
  );

  // Red when services/mcp/src/mcp/create-mcp.ts does not look how deep a message is.
  test.each(['[', '{"a":'])(
    '[deep-json] a message that is nested without end is refused as malformed: %s',
    async (open) => {
      const world = started();
      const proof = await world.as(EMAIL.elena);
      const close = open === '[' ? ']' : '}';
      for (const depth of [200, 5000, 100_000]) {
        const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
        const body = callBody('tools/call', {
          name: 'external_api_call',
          arguments: { connection: 'hostile', method: 'POST', path: '/ok', body: 'HERE' },
        }).replace('"HERE"', nested);
        const { status, code } = await world.callBy({ headers: proof, body }, 'external_api_call');
        expect([depth, status, code]).toEqual([depth, 400, '-32700']);
        const bare = await world.send({ headers: [JSON_TYPE, ...proof], body: nested });
        expect([depth, bare.status]).toEqual([depth, 400]);
      }
    },
  );
}

const clientOf = (world: SecurityWorld) => ({ client_id: 'supervisor', client_secret: world.supervisorSecret });

const LONG = 200_000;
/** What makes a backtracking pattern take years, and a splitting loop hours. */
const HOSTILE_TEXTS = [
  `${'a'.repeat(LONG)}!`,
  `${'a@'.repeat(LONG / 2)}!`,
  `${'.'.repeat(LONG)}\u0000`,
  `${' '.repeat(LONG)}x`,
  `${'%2e'.repeat(LONG / 3)}/`,
  `${'0'.repeat(LONG)}x`,
  `${'\\'.repeat(LONG)}"`,
  '('.repeat(LONG),
  'revenue by region and '.repeat(LONG / 22),
  '\ud800'.repeat(1000),
  'ﷺ'.repeat(LONG / 20),
] as const;
/** Normal is some milliseconds. A loaded machine is slow; a pattern that backtracks does not end at all. */
const MUCH_TOO_LONG_MS = 20_000;

/** Each text input of each tool; cut to what its schema lets in, so that the text reaches what is behind it. */
const INPUTS: readonly (readonly [tool: string, charsMax: number, args: (text: string) => object])[] = [
  ['get_region_summary', 40, (region) => ({ region })],
  ['query_sales_data', 40, (text) => ({ region: text, stage: text })],
  ['query_audit_log', 254, (email) => ({ email })],
  ['query_audit_log', LONG, (since) => ({ since })],
  ['genie_query', 2000, (question) => ({ question })],
  ['genie_query', 8000, (conversation_id) => ({ question: 'x', conversation_id })],
  ['query_knowledge_base', 500, (query) => ({ query })],
  ['ask_supervisor', 2000, (question) => ({ question })],
  ['github_search', 256, (query) => ({ query, kind: 'code' })],
  ['external_api_call', 2048, (path) => ({ connection: 'hostile', method: 'GET', path })],
  ['external_api_call', 2000, (q) => ({ connection: 'hostile', method: 'GET', path: '/ok', query: { q } })],
];

/** Shorter, but with its end, which is what makes a pattern look back. */
const cut = (text: string, charsMax: number) => `${text.slice(0, charsMax - 1)}${text.slice(-1)}`;

function hostileText(started: () => SecurityWorld): void {
  // Red when a pattern such as /^(?!(a+)+$)/ is put into the input of services/mcp/src/tools/genie-query.ts.
  test('[redos-tools] no long text in any input of any tool keeps the service busy', async () => {
    const world = started();
    // Ada's own allowance of searches is not needed by anybody else.
    const proof = await world.as(EMAIL.ada);
    for (const text of HOSTILE_TEXTS) {
      for (const [tool, charsMax, args] of INPUTS) {
        const before = performance.now();
        await Promise.all(
          [text, text.slice(0, charsMax), cut(text, charsMax)].map((one) => world.call(proof, tool, args(one))),
        );
        expect([tool, text.slice(0, 5), performance.now() - before < MUCH_TOO_LONG_MS]).toEqual([
          tool,
          text.slice(0, 5),
          true,
        ]);
      }
    }
  });
}

function hostileRequests(started: () => SecurityWorld): void {
  // Red when a pattern such as /^Bearer (a+)+$/ is put into services/mcp/src/http/bearer-token.ts.
  test('[redos-outside] nor in any parameter, header or cookie that a stranger sends', async () => {
    const world = started();
    const from = '127.0.0.51';
    for (const text of HOSTILE_TEXTS) {
      const before = performance.now();
      const short = cut(text, 8000);
      const header = short.replaceAll(/[^\u0020-\u007e]/g, '.');
      await Promise.all([
        ...['client_id', 'scope', 'resource', 'subject_token', 'actor_token', 'grant_type'].map((name) =>
          world.post(
            '/oauth/token',
            {
              grant_type: TOKEN_EXCHANGE,
              client_id: 'partner-portal',
              subject_token_type: ACCESS_TOKEN,
              resource: world.mcp.url,
              subject_token: 'x',
              [name]: cut(text, 50_000),
            },
            { from },
          ),
        ),
        ...['authorization', 'cookie', 'x-forwarded-for', 'x-request-id', 'accept', 'origin', 'traceparent'].flatMap(
          (name) =>
            [world.mcp.url, `${world.portalUrl}/oauth/token`].map((url) =>
              world.send({ url, from, headers: [[name, `Bearer ${header}`]] }),
            ),
        ),
        world.post(
          '/oauth/token',
          {},
          { from, headers: Object.entries(basic(short, short)).map(([n, v]) => [n, v.slice(0, 8000)]) },
        ),
        world.send({
          url: `${world.portalUrl}/auth?email=${encodeURIComponent(text.toWellFormed()).slice(0, 8000)}`,
          method: 'GET',
          from,
        }),
        world.send({
          url: `${world.portalUrl}/auth/northwind/callback?state=${header.replaceAll(/\W/g, '.')}`,
          method: 'GET',
          from,
        }),
      ]);
      expect([text.slice(0, 5), performance.now() - before < MUCH_TOO_LONG_MS]).toEqual([text.slice(0, 5), true]);
    }
  });
}

import { basic, ACCESS_TOKEN, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { actorToken, EMAIL, refreshToken } from '../credentials.ts';
import type { Heard, Header, SecurityWorld } from '../security-world.ts';

export function oracles(started: () => SecurityWorld): void {
  describe('what an answer gives away', () => {
    sameAnswers(started);
    sameAnswersOfTokens(started);
    sameTime(started);
  });
}

/** All that a caller sees of an answer, but for its id and time. */
function seen({ status, headers, text, json }: Heard): unknown {
  const names = Object.keys(headers).filter((name) => !['date', 'x-request-id', 'server-timing'].includes(name));
  return [status, names, text.replace(String(json['request_id']), '')];
}

function expectAlike(answers: readonly Heard[]): void {
  const [first, ...others] = answers.map(seen);
  for (const other of others) expect(other).toEqual(first);
}

function sameAnswers(started: () => SecurityWorld): void {
  // Red when `failureAnswer` in services/portal/src/attempt/oauth-answer.ts sends the reason.
  test('[oracle-client] an unknown client and a wrong secret get one answer', async () => {
    const world = started();
    const form = { grant_type: 'client_credentials', resource: world.mcp.url };
    const as = (id: string) => world.post('/oauth/token', form, { headers: Object.entries(basic(id, 'wrong')) });
    expectAlike([await as('supervisor'), await as('nobody'), await as('causeway-mcp'), await as('partner-portal')]);
  });

  // Red when `failureAnswer` in services/portal/src/attempt/oauth-answer.ts sends the reason.
  test('[oracle-subject] why a subject token was refused is not told', async () => {
    const world = started();
    const { issuer } = world;
    const past = Math.floor(Date.now() / 1000) - 7200;
    const tokens = [
      'x',
      issuer.forgery(),
      issuer.token(issuer.claims({ exp: past, iat: past - 60 })),
      issuer.token(issuer.claims({ aud: 'another' })),
      issuer.token(issuer.claims({ iss: 'https://nobody.example' })),
      issuer.token(issuer.claims({ roles: ['nothing'] })),
      issuer.token(issuer.claims(), { alg: 'none' }),
      issuer.token(issuer.claims(), { jku: 'http://169.254.169.254/' }),
    ];
    const exchange = (subject_token: string) =>
      world.post('/oauth/token', {
        grant_type: TOKEN_EXCHANGE,
        client_id: 'partner-portal',
        subject_token,
        subject_token_type: ACCESS_TOKEN,
        resource: world.mcp.url,
      });
    expectAlike(await Promise.all(tokens.map(exchange)));
  });
}

function sameAnswersOfTokens(started: () => SecurityWorld): void {
  // Red when `mayAsk` in services/portal/src/grants/introspect.ts says yes.
  test('[oracle-introspection] a token of somebody else’s, a made-up one and an ended one look alike', async () => {
    const world = started();
    const headers = Object.entries(basic('careful', world.supervisorSecret));
    const tokens = [await actorToken(world), await refreshToken(world), 'made-up', world.issuer.token()];
    const answers = await Promise.all(tokens.map((token) => world.post('/oauth/introspect', { token }, { headers })));
    expectAlike(answers);
    expect(answers[0]?.json).toEqual({ active: false });
  });

  // Red when `renderError` in packages/runtime/src/http/render-error.ts sends `message` instead of `publicMessage`.
  test('[oracle-bearer] why a bearer token was refused is not told', async () => {
    const world = started();
    const subject = await world.mcp.signIn(EMAIL.wanda);
    const bearer = (token: string) =>
      world.send({
        headers: [
          ['authorization', `Bearer ${token}`],
          ['content-type', 'application/json'],
        ],
        body: '{}',
      });
    const answers = await Promise.all(
      ['x', 'a.b.c', subject, world.issuer.token(), await actorToken(world)].map(bearer),
    );
    const [first, ...others] = answers.map((one) => ({
      status: one.status,
      challenge: one.headers['www-authenticate'],
      error: { ...(one.json['error'] as object), request_id: '' },
    }));
    for (const other of others) expect(other).toEqual(first);
  });
}

const ROUNDS = 41;

/** The medians of two requests in milliseconds, taken by turns, so that a busy machine is as busy for both. */
async function medians(one: () => Promise<unknown>, other: () => Promise<unknown>): Promise<readonly [number, number]> {
  const timed = async (ask: () => Promise<unknown>) => {
    const before = performance.now();
    await ask();
    return performance.now() - before;
  };
  await timed(one);
  await timed(other);
  const [ones, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ones.push(await timed(one));
    others.push(await timed(other));
  }
  const median = (times: number[]) => times.toSorted((a, b) => a - b)[(ROUNDS - 1) / 2] ?? 0;
  return [median(ones), median(others)];
}

/** Far above what two runs of the same differ by on a busy machine, and far below one more question to a store behind a network. */
const APART_MS = 25;

function sameTime(started: () => SecurityWorld): void {
  // Red when services/portal/src/clients/find-in-order.ts answers for an unknown client 50 ms later.
  test('[timing-client] an unknown client takes as long as a wrong secret', async () => {
    const world = started();
    const as = (id: string) => () =>
      world.post(
        '/oauth/token',
        { grant_type: 'client_credentials' },
        { headers: Object.entries(basic(id, 'wrong')), from: '127.0.0.31' },
      );
    const [known, unknown] = await medians(as('supervisor'), as('nobody'));
    expect(Math.abs(known - unknown)).toBeLessThan(APART_MS);
  });

  // Red when services/mcp/src/conversation/conversation-handles.ts looks for 50 ms at a handle of a known key.
  test('[timing-handle] somebody else’s conversation takes as long as one that never was', async () => {
    const world = started();
    const ask = (proof: readonly Header[], conversation_id?: string) =>
      world.call(proof, 'genie_query', { question: 'revenue by region', conversation_id });
    const handle = String((await ask(await world.as(EMAIL.wanda))).content['conversation_id']);
    const erik = await world.as(EMAIL.erik);
    const made = `${handle.split('.')[0]}.${'A'.repeat(handle.length)}`;
    const [foreign, unknown] = await medians(
      () => ask(erik, handle),
      () => ask(erik, made),
    );
    expect(Math.abs(foreign - unknown)).toBeLessThan(APART_MS);
  });
}

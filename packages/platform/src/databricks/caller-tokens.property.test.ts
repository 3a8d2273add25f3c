import { AppError, type Caller, Secret } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { demoPolicy } from '../testing/demo-policy.ts';
import { contractPeople, internal } from '../testing/contract-world.ts';
import { CallerTokens } from './caller-tokens.ts';

const document = await demoPolicy();
const people = contractPeople(document.policy).filter(({ caller }) => caller.pattern !== 'obo');
const SCOPES = ['sql', 'genie', 'unity-catalog'];

/** What happens between the portal and the workspace to one exchange. */
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant('granted' as const) },
  fc.constantFrom('portal refuses' as const, 'workspace refuses' as const, 'workspace is down' as const),
  fc.constant('over already' as const),
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      who: fc.nat(people.length - 1),
      human: fc.nat(3),
      scope: fc.constantFrom(...SCOPES),
      fate,
      seconds: fc.integer({ min: 40, max: 600 }),
      aborts: fc.boolean(),
      discards: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 400_000 }) }),
  fc.record({ kind: fc.constant('settle' as const), how: fc.nat(7) }),
  fc.record({ kind: fc.constant('policy' as const), digest: fc.constantFrom('one', 'two') }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A portal and a workspace whose answers come when, and in the order in which, they are let go; a token says for whom it was made. */
class World {
  now = 1_000_000;
  digest = 'one';
  readonly held: (() => void)[] = [];
  readonly fates = new Map<string, { readonly fate: string; readonly seconds: number }>();

  readonly tokens = new CallerTokens({
    now: () => this.now,
    policy: () => ({ policy: document.policy, engineDigest: this.digest }),
    endpoint: { url: async () => 'https://workspace.example/oidc/v1/token' },
    dependency: {
      name: 'databricks',
      breaker: 'closed',
      close: async () => undefined,
      request: (call) => this.#answer(call),
    },
    assert: async ({ credential }) => {
      await this.#hold();
      const found = this.fates.get(credential.reveal());
      if (found?.fate === 'portal refuses') throw new AppError('exchange_denied', 'revoked');
      return { token: credential, expiresAt: this.now + 600_000 };
    },
  });

  async #answer({ body }: OutboundCall): Promise<OutboundResponse> {
    await this.#hold();
    const form = new URLSearchParams(String(body));
    const subject = form.get('subject_token') ?? '';
    const { fate: end = '', seconds = 60 } = this.fates.get(subject) ?? {};
    if (end === 'workspace is down') throw new AppError('upstream_unavailable', 'down');
    if (end === 'workspace refuses') return answer(403, { error: 'access_denied' });
    // As a workspace does: the token is the client's, if the assertion is about the client.
    const [principal] = subject.split('|');
    if (principal !== form.get('client_id')) return answer(403, { error: 'access_denied' });
    const access_token = JSON.stringify({ principal, scope: form.get('scope'), until: this.now + seconds * 1000 });
    const expires_in = end === 'over already' ? 5 : seconds;
    return answer(200, { access_token, token_type: 'Bearer', expires_in });
  }

  #hold(): Promise<void> {
    return new Promise((resolve) => this.held.push(resolve));
  }
}

const answer = (status: number, body: unknown): OutboundResponse => ({
  status,
  headers: {},
  body: new TextEncoder().encode(JSON.stringify(body)),
  truncated: false,
});

const turn = () => new Promise(setImmediate);

async function play(steps: readonly Step[]): Promise<{ calls: number; answered: number }> {
  const world = new World();
  const running: Promise<boolean>[] = [];
  for (const [index, one] of steps.entries()) {
    if (one.kind === 'time') world.now += one.ms;
    if (one.kind === 'policy') world.digest = one.digest;
    if (one.kind === 'settle') world.held.splice(one.how % Math.max(1, world.held.length), 1).forEach((go) => go());
    if (one.kind === 'call') running.push(callAs(world, one, index));
    await turn();
  }
  for (let left = true; left;) {
    world.held.splice(0).forEach((go) => go());
    await turn();
    left = world.held.length > 0;
  }
  const outcomes = await Promise.all(running);
  return { calls: outcomes.length, answered: outcomes.filter(Boolean).length };
}

/** Whether a token came. One for somebody else, for something else, or from the past, is the failure of the test. */
async function callAs(world: World, one: Extract<Step, { kind: 'call' }>, index: number): Promise<boolean> {
  const { caller } = people[one.who] ?? { caller: internal('nobody@causeway.example') };
  const credential = `${caller.principal.id}|human ${one.human}|${index}`;
  world.fates.set(credential, one);
  const abort = new AbortController();
  const tokens = world.tokens.of(caller, new Secret(credential));
  const asked = tokens.token(one.scope, abort.signal);
  if (one.aborts) setImmediate(() => abort.abort(new AppError('upstream_timeout', 'gone')));
  try {
    const token = await asked;
    const made = JSON.parse(token.reveal()) as { principal: string; scope: string; until: number };
    expect(made).toMatchObject({ principal: caller.principal.id, scope: one.scope });
    expect(made.until).toBeGreaterThan(world.now);
    if (one.discards) tokens.discard(one.scope, token);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

test('whatever happens in whatever order, nobody is given another principal’s token, another scope’s, or one that is over', async () => {
  let [calls, answered] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const played = await play(steps);
      calls += played.calls;
      answered += played.answered;
    }),
    { numRuns: 300 },
  );
  // Otherwise the property would hold of nothing.
  expect(answered).toBeGreaterThan(calls / 4);
});

test.each<readonly [string, Caller, Secret | undefined]>([
  ['a person whom the policy does not name', internal('eve@causeway.example'), new Secret('t')],
  ['a person without an e-mail', internal(undefined), new Secret('t')],
  ['a caller without a token', people[0]?.caller ?? internal(undefined), undefined],
])('%s has none at all', (_, caller, credential) => {
  expect(() => new World().tokens.of(caller, credential)).toThrow(expect.objectContaining({ code: 'exchange_denied' }));
});

test('a person of the workspace is known by their own token and no other', async () => {
  const own = new Secret('their own');
  const tokens = new World().tokens.of(internal('olivia@causeway.example'), own);
  for (const scope of SCOPES) expect(await tokens.token(scope)).toBe(own);
});

describe('who of the workspace is let in', () => {
  const tokensBy = (workspace: Partial<NonNullable<typeof document.policy.workspace>>) => {
    const policy = {
      ...document.policy,
      workspace: { ...document.policy.workspace, ...workspace },
    } as typeof document.policy;
    const unused = () => Promise.reject(new Error('not asked'));
    return new CallerTokens({
      now: Date.now,
      policy: () => ({ policy, engineDigest: 'one' }),
      endpoint: { url: unused },
      dependency: { name: 'x', breaker: 'closed', close: async () => undefined, request: unused },
      assert: unused,
    });
  };
  const unknown = 'does not know this person';

  test('nobody by a policy that names nobody', () => {
    const tokens = tokensBy({ humans: {} });
    expect(() => tokens.of(internal('eve@causeway.example'), new Secret('t'))).toThrow(unknown);
  });

  test('everybody with an e-mail by a policy that says so, whether it names somebody or nobody', () => {
    for (const humans of [{}, document.policy.workspace?.humans ?? {}]) {
      const tokens = tokensBy({ humans, admits: 'everybody' });
      expect(() => tokens.of(internal('eve@causeway.example'), new Secret('t'))).not.toThrow();
      expect(() => tokens.of(internal(undefined), new Secret('t'))).toThrow(unknown);
    }
  });
});

import { describe, expect } from 'vitest';
import type { Content, McpWorld, Proof } from '../mcp-world.ts';
import { changed, type ChangingPolicy } from '../policy-of-its-own.ts';
import { requirement } from '../requirement.ts';

export interface LimitedWorld {
  readonly world: McpWorld;
  readonly policy: ChangingPolicy;
  /** The same question to another replica. */
  readonly askReplica: (proof: Proof, question: object) => Promise<Content>;
  /** What was asked before is longer ago than the window. */
  readonly aMinutePasses: () => Promise<void>;
}

const LIMIT = 'genieQueriesPerMinute: 600';
const QUESTION = { question: 'revenue by region' };
const LIMITED = { error: { code: 'rate_limited', retry_after_ms: expect.any(Number) } };

/** How many questions there are for everybody, and for each. */
export function limitTests(limited: () => LimitedWorld): void {
  describe('the window of Genie', () => {
    windowTests(limited);
    standardTests(limited);
  });
  describe('limits of calls', () => {
    callLimitTests(limited);
  });
}

const askGenie = async ({ world }: LimitedWorld, email: string, args: object = QUESTION) =>
  (await world.call(await world.proofOf(email), 'genie_query', args)).content;

function windowTests(limited: () => LimitedWorld): void {
  requirement(
    ['genie-window', 'genie-counts-follow-ups', 'genie-share', 'supervisor-says-limited'],
    'six questions for two replicas together, three for each caller, follow-ups counted; then everybody waits',
    async () => {
      const { world, policy, askReplica, aMinutePasses } = limited();
      await policy.change((text) => changed(text, LIMIT, 'genieQueriesPerMinute: 6'));
      await aMinutePasses();
      const ask = (email: string, args?: object) => askGenie(limited(), email, args);
      const wanda = 'wanda@northwind.example';
      const { conversation_id } = await ask(wanda);
      const followUp = { question: 'only won deals', conversation_id };
      expect(await ask(wanda, followUp)).toMatchObject({ status: 'completed' });
      expect(await ask(wanda, followUp)).toMatchObject({ status: 'completed' });
      expect(await ask(wanda, followUp)).toMatchObject(LIMITED);
      expect(await askReplica(await world.proofOf(wanda), QUESTION)).toMatchObject(LIMITED);

      const erik = await world.proofOf('erik@northwind.example');
      for (let n = 0; n < 3; n++) expect(await askReplica(erik, QUESTION)).toMatchObject({ status: 'completed' });
      const late = await ask('mona@fabrikam.example');
      expect(late).toMatchObject(LIMITED);
      const { retry_after_ms: wait } = late['error'] as { retry_after_ms: number };
      expect(wait > 0 && wait <= 60_000).toBe(true);

      const elena = await world.proofOf('elena@contoso.example');
      const { content } = await world.call(elena, 'ask_supervisor', { question: 'revenue by customer' });
      expect(content['answer']).toMatch(/Genie is limited right now and was not asked\. Ask again in \d+ s\./);
      await aMinutePasses();
      expect(await ask('mona@fabrikam.example')).toMatchObject({ status: 'completed' });
    },
  );
}

function standardTests(limited: () => LimitedWorld): void {
  requirement(
    'genie-limit-defaults',
    '600 in the demo policy, of which a hundredth is 6; 5 without a word',
    async () => {
      const { policy, aMinutePasses } = limited();
      const asked = async (limit: string) => {
        await policy.change((text) => changed(text, LIMIT, limit));
        await aMinutePasses();
        let count = 0;
        while ('status' in (await askGenie(limited(), 'felix@fabrikam.example'))) count++;
        return count;
      };
      expect(await asked(`${LIMIT}\n  genieSharePerCaller: 0.01`)).toBe(6);
      expect(await asked('genieSharePerCaller: 1')).toBe(5);
    },
  );
}

function callLimitTests(limited: () => LimitedWorld): void {
  requirement(
    'demo-limits-high',
    '6,000 a minute: three times what there is without a word is not refused',
    async () => {
      const { world, policy } = limited();
      let said = '';
      await policy.change((text) => (said = text));
      expect(said).toContain('callsPerMinutePerCaller: 6000\n');
      const proof = await world.proofOf('ada@contoso.example');
      for (let n = 0; n < 400; n += 40) {
        const calls = Array.from({ length: 40 }, () => world.call(proof, 'check_identity'));
        expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(calls.map(() => undefined));
      }
    },
  );

  requirement(['limits-per-caller', 'error-table'], 'over the limit of one’s own, and of nobody else’s', async () => {
    const { world, policy } = limited();
    const four = 'callsPerMinutePerCaller: 6000\n  callsPerMinutePerTool: { get_region_summary: 4 }';
    await policy.change((text) => changed(text, 'callsPerMinutePerCaller: 6000', four));
    const call = async (email: string) => world.call(await world.proofOf(email), 'get_region_summary');
    for (let n = 0; n < 4; n++) expect((await call('wanda@northwind.example')).code).toBeUndefined();
    const { status, error } = await call('wanda@northwind.example');
    expect([status, error]).toEqual([
      200,
      {
        code: 'rate_limited',
        message: 'Too many requests. Try again later.',
        request_id: expect.any(String),
        retry_after_ms: expect.any(Number),
      },
    ]);
    // Omar is in the same group.
    expect((await call('omar@causeway.example')).code).toBeUndefined();
  });
}

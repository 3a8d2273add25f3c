import { describe, expect, vi } from 'vitest';
import { callBody, callHeaders, type McpWorld, type ToolResult } from '../mcp-world.ts';
import { changed, ChangingPolicy } from '../policy-of-its-own.ts';
import { requirement } from '../requirement.ts';
import { questionsPassed } from './questions-passed.ts';

const START = 'POST /api/2.0/genie/spaces/{space}/start-conversation';
const FOLLOW = 'POST /api/2.0/genie/spaces/{space}/conversations/{conversation}/messages';
const LOOK = `GET ${FOLLOW.slice('POST '.length)}/{message}`;
const STUCK = { kind: 'genie', outcome: { status: 'stuck', at: 'ASKING_AI' } };
const WAIT = { timeout: 60_000, interval: 100 };
/** Timers may fire a moment early. */
const EARLY_MS = 20;

interface Seen {
  readonly on: string;
  readonly path: string;
  readonly at: number;
}

/** The emulated workspace, as the tests control it. */
export class WorkspaceControl {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/emulator`;
  }

  async arm(fault: { on: string; times: number; effect: object }): Promise<void> {
    const { ok } = await fetch(`${this.#url}/faults`, { method: 'POST', body: JSON.stringify(fault) });
    if (!ok) throw new Error('the fault is not one');
  }

  async clear(): Promise<void> {
    await fetch(`${this.#url}/faults`, { method: 'DELETE' });
  }

  async seen(on: string): Promise<readonly Seen[]> {
    const all = (await (await fetch(`${this.#url}/requests`)).json()) as Seen[];
    return all.filter((request) => request.on === on);
  }
}

/** Two questions to which no answer comes, asked before all others: they take a minute. */
export interface Unanswered {
  readonly first: Promise<ToolResult>;
  readonly followUp: Promise<ToolResult>;
  /** Which of them have ended by now, in the order of their ends. */
  readonly ended: readonly string[];
}

export async function askInVain(world: McpWorld, control: WorkspaceControl): Promise<Unanswered> {
  const mona = await world.proofOf('mona@fabrikam.example');
  const { content } = await world.call(mona, 'genie_query', { question: 'revenue by region' });
  await control.arm({ on: START, times: 1, effect: STUCK });
  await control.arm({ on: FOLLOW, times: 1, effect: STUCK });
  const before = (await control.seen(START)).length;
  const { conversation_id } = content;
  const ended: string[] = [];
  const ask = (name: string, args: object) => world.call(mona, 'genie_query', args).finally(() => ended.push(name));
  const first = ask('first', { question: 'revenue by product' });
  const followUp = ask('follow-up', { question: 'only WEST', conversation_id });
  const areAsked = async () => (await control.seen(START)).length > before && (await control.seen(FOLLOW)).length > 0;
  await vi.waitUntil(areAsked, WAIT);
  return { first, followUp, ended };
}

interface GenieWorld {
  readonly world: McpWorld;
  readonly control: WorkspaceControl;
  readonly unanswered: Unanswered;
}

/** How the workspace’s Genie is waited for. */
export function workspaceGenieTests(workspace: () => GenieWorld): void {
  describe('Genie of the workspace', () => {
    poolTests(workspace);
    countTests(workspace);
    waitTests(workspace);
  });
}

function poolTests(workspace: () => GenieWorld): void {
  requirement('outbound-two-pools', 'questions that hang fill their own pool, and no other call waits', async () => {
    const { world, control } = workspace();
    const { url, headers } = await world.proofOf('elena@contoso.example');
    const before = (await control.seen(START)).length;
    await control.arm({ on: START, times: 10_000, effect: { kind: 'silence' } });
    const patience = new AbortController();
    const questions: Promise<unknown>[] = [];
    const name = 'genie_query';
    const ask = () =>
      fetch(url, {
        method: 'POST',
        headers: { ...headers, ...callHeaders('tools/call', name) },
        body: callBody('tools/call', { name, arguments: { question: 'revenue by region' } }),
        signal: patience.signal,
      }).catch(() => 'gone');
    const hanging = async () => (await control.seen(START)).length - before;
    // One after the other: a burst would only show how fast the machine is.
    const isFull = async () => {
      questions.push(ask());
      return (await hanging()) === 32 && questions.length > 40;
    };
    await vi.waitUntil(isFull, { timeout: 90_000, interval: 50 });
    const { code } = await world.call(await world.proofOf('ada@contoso.example'), 'get_region_summary');
    expect([code, await hanging()]).toEqual([undefined, 32]);
    patience.abort();
    await Promise.all(questions);
    await control.clear();
  });
}

function countTests(workspace: () => GenieWorld): void {
  requirement('genie-counts-follow-ups', 'a question counts once, however often its answer is looked for', async () => {
    const { world, control } = workspace();
    const limit = 'genieQueriesPerMinute: 600';
    const edit = (text: string) => changed(text, limit, 'genieQueriesPerMinute: 400\n  genieSharePerCaller: 0.01');
    await new ChangingPolicy(world).change(edit);
    await questionsPassed(world);
    const looks = (await control.seen(LOOK)).length;
    const erik = await world.proofOf('erik@northwind.example');
    const ask = async () => (await world.call(erik, 'genie_query', { question: 'revenue by region' })).code;
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual(Array.from({ length: 4 }, () => undefined));
    expect((await control.seen(LOOK)).length - looks).toBeGreaterThanOrEqual(4);
    expect(await ask()).toBe('rate_limited');
  });
}

function waitTests(workspace: () => GenieWorld): void {
  requirement(
    'genie-polling',
    'looked for every two seconds at first, every five in the end; for a minute, or 40 seconds for a follow-up',
    async () => {
      const { control, unanswered } = workspace();
      const [first, followUp] = await Promise.all([unanswered.first, unanswered.followUp]);
      const { ended } = unanswered;
      expect([first.code, followUp.code, ended]).toEqual([
        'upstream_timeout',
        'upstream_timeout',
        ['follow-up', 'first'],
      ]);
      const byMessage = Map.groupBy(await control.seen(LOOK), ({ path }) => path);
      const waits = [...byMessage.values()].filter(({ length }) => length > 3).map(gapsOf);
      expect(waits).toHaveLength(2);
      for (const gaps of waits) {
        const due = gaps.map((_, index) => Math.min(5000, 2000 * 1.25 ** (index + 1)) - EARLY_MS);
        expect(gaps.filter((gap, index) => gap < (due[index] ?? 0))).toEqual([]);
      }
      const [short = 0, long = 0] = waits
        .map((gaps) => gaps.reduce((sum, gap) => sum + gap, 0))
        .toSorted((a, b) => a - b);
      expect(short).toBeLessThan(40_000);
      expect(long).toBeLessThan(60_000);
      expect(long).toBeGreaterThan(40_000);
    },
  );
}

const gapsOf = (looks: readonly Seen[]) => looks.slice(1).map(({ at }, index) => at - (looks[index]?.at ?? at));

import { demoPolicy } from '@causeway/platform/testing';
import type { PolicyDocument } from '@causeway/policy';
import { expect, test } from 'vitest';
import { callerOf } from '../testing/call-world.ts';
import { createCallLimits } from './call-limits.ts';
import { CallSlots } from './call-slots.ts';
import type { CallWindow } from '@causeway/runtime';
import type { GenieWindow } from './genie-window.ts';

const demo = await demoPolicy();
const { signal } = new AbortController();

function start(
  change: Partial<PolicyDocument['policy']['limits']> = {},
  refused: { window?: string; genie?: boolean } = {},
) {
  const policy = { ...demo, policy: { ...demo.policy, limits: { ...demo.policy.limits, ...change } } };
  const taken: (readonly [string, number])[] = [];
  const asked: Parameters<GenieWindow['take']>[1][] = [];
  const slots = new CallSlots();
  const window: CallWindow = {
    take: async (key, limit) => {
      taken.push([key, limit]);
      return refused.window !== undefined && key.endsWith(refused.window) ? 1234 : undefined;
    },
  };
  const genie = {
    take: async (_: string, quota: Parameters<GenieWindow['take']>[1]) => {
      asked.push(quota);
      return refused.genie === true ? 99 : undefined;
    },
  };
  const limits = createCallLimits({ window, genie, slots });
  const enter = (tool: 'check_identity' | 'genie_query', hops = 0, caller = callerOf('west_sales')) =>
    limits.enter(caller, tool, { policy, signal, hops });
  return { enter, taken, asked, slots };
}

test('counts the human, over all tools, and never the role', async () => {
  const { enter, taken } = start();
  const wanda = callerOf('west_sales');
  await enter('check_identity', 0, wanda);
  await enter('genie_query', 0, wanda);
  await enter('check_identity', 0, callerOf('west_sales', { human: { ...wanda.human!, subject: 'another' } }));
  expect(taken.map(([, limit]) => limit)).toEqual([6000, 6000, 6000]);
  const [first, second, third] = taken.map(([key]) => key);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('a tool may have a limit of its own', async () => {
  const { enter, taken } = start({ callsPerMinutePerTool: { check_identity: 7 } }, { window: 'check_identity' });
  await expect(enter('check_identity')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1234 });
  expect(taken.map(([, limit]) => limit)).toEqual([6000, 7]);
  await expect(enter('genie_query')).resolves.toBeDefined();
});

test('only questions to Genie count in its window, with a share for each caller', async () => {
  const { enter, asked } = start({ genieQueriesPerMinute: 5, genieSharePerCaller: 0.5 });
  await enter('check_identity');
  await enter('genie_query');
  expect(asked).toEqual([{ limit: 5, perCaller: 2 }]);
});

test('everybody has at least one question', async () => {
  const { enter, asked } = start({ genieQueriesPerMinute: 1, genieSharePerCaller: 0.1 });
  await enter('genie_query');
  expect(asked).toEqual([{ limit: 1, perCaller: 1 }]);
});

test('who is refused by Genie’s window holds no place', async () => {
  const { enter, slots } = start({}, { genie: true });
  await expect(enter('genie_query')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 99 });
  expect(slots.size).toBe(0);
});

test('a call within a call is counted, and takes no second place', async () => {
  const { enter, taken } = start({ concurrentCallsPerCaller: 1 });
  await enter('check_identity');
  await enter('check_identity', 1);
  expect(taken).toHaveLength(2);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FaultLedger } from './fault-ledger.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A fault from 1000 to 2000. */
function ledgerWith(excuse: Parameters<FaultLedger['begin']>[1]): FaultLedger {
  const ledger = new FaultLedger();
  vi.advanceTimersByTime(1000 - performance.now());
  const end = ledger.begin('it', excuse);
  vi.advanceTimersByTime(1000);
  end();
  return ledger;
}

const moment = { who: 'a', code: 'upstream_timeout', sentAt: 1500, endedAt: 1600 };
const codes = ['upstream_timeout'];

test('a code is excused by a fault that leads to it, during the fault and a while after', () => {
  const ledger = ledgerWith({ codes });
  expect(ledger.excuses(moment)).toBe(true);
  expect(ledger.excuses({ ...moment, sentAt: 900, endedAt: 1000 })).toBe(true);
  expect(ledger.excuses({ ...moment, sentAt: 5000, endedAt: 5001 })).toBe(true);
  expect(ledger.at(1500, 1600)).toBe('it');
});

test.each([
  ['before it', { ...moment, sentAt: 100, endedAt: 900 }, { codes }],
  ['long after it', { ...moment, sentAt: 30_000, endedAt: 30_001 }, { codes }],
  ['of another kind', { ...moment, code: 'internal' }, { codes }],
  ['of somebody else', moment, { codes, who: 'b' }],
  ['of a connection that broke', { ...moment, code: undefined }, { codes }],
])('what is %s has no excuse', (_, asked, excuse) => {
  expect(ledgerWith(excuse).excuses(asked)).toBe(false);
});

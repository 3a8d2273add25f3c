import type { AuditEvent } from '@causeway/audit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { auditChanges, type ChangeAuditDeps } from './audit-changes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const key = (kid: string) => ({ kid }) as ChangeAuditDeps['keys']['current'];

/** The keys as they are to be; undefined while none signs. */
function setUp(first: string | undefined) {
  const signing = { kid: first };
  const events: AuditEvent[] = [];
  const keys: ChangeAuditDeps['keys'] = {
    get canSign() {
      return signing.kid !== undefined;
    },
    get current() {
      if (signing.kid === undefined) throw new Error('no key signs now');
      return key(signing.kid);
    },
  };
  const record: ChangeAuditDeps['sink']['record'] = (event) => {
    events.push(event);
    return new Promise(() => undefined);
  };
  const stop = auditChanges({
    policies: { subscribe: () => () => undefined },
    keys,
    sink: { record },
    report: () => undefined,
  });
  return { signing, events, stop };
}

const FIVE_LOOKS_MS = 5000;

test('a rotation is recorded once, and a clock at which no key signs ends nothing', () => {
  const { signing, events, stop } = setUp('first');
  for (const kid of [undefined, 'first']) {
    signing.kid = kid;
    vi.advanceTimersByTime(FIVE_LOOKS_MS);
  }
  expect(events).toEqual([]);
  signing.kid = 'second';
  vi.advanceTimersByTime(FIVE_LOOKS_MS);
  expect(events).toMatchObject([{ kind: 'key_rotation', arguments: { before: 'first', after: 'second' } }]);
  stop();
});

test('after a start while no key signs the first one is no rotation, and the next one is', () => {
  const { signing, events, stop } = setUp(undefined);
  signing.kid = 'first';
  vi.advanceTimersByTime(FIVE_LOOKS_MS);
  expect(events).toEqual([]);
  signing.kid = 'second';
  vi.advanceTimersByTime(FIVE_LOOKS_MS);
  expect(events).toMatchObject([{ kind: 'key_rotation', arguments: { before: 'first', after: 'second' } }]);
  stop();
});

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

test.each([
  ['a rotation is recorded once, and a clock at which no key signs ends nothing', 'first', [undefined, 'first']],
  ['after a start while no key signs the first one is no rotation, and the next one is', undefined, ['first']],
])('%s', (_, atStart, before) => {
  const { signing, events, stop } = setUp(atStart);
  const looksAt = (kid: string | undefined) => {
    signing.kid = kid;
    vi.advanceTimersByTime(FIVE_LOOKS_MS);
  };
  for (const kid of before) looksAt(kid);
  expect(events).toEqual([]);
  looksAt('second');
  expect(events).toMatchObject([{ kind: 'key_rotation', arguments: { before: 'first', after: 'second' } }]);
  stop();
});

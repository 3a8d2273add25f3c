import type { AuditEvent } from '@causeway/audit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { auditChanges, type ChangeAuditDeps } from './audit-changes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const key = (kid: string) => ({ kid }) as ChangeAuditDeps['keys']['current'];

test('a rotation is recorded once, and a clock at which no key signs ends nothing', () => {
  let signing: ReturnType<typeof key> | undefined = key('first');
  const events: AuditEvent[] = [];
  const keys: ChangeAuditDeps['keys'] = {
    get canSign() {
      return signing !== undefined;
    },
    get current() {
      if (signing === undefined) throw new Error('no key signs now');
      return signing;
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
  signing = undefined;
  vi.advanceTimersByTime(5000);
  signing = key('first');
  vi.advanceTimersByTime(5000);
  expect(events).toEqual([]);
  signing = key('second');
  vi.advanceTimersByTime(5000);
  expect(events).toMatchObject([{ kind: 'key_rotation', arguments: { before: 'first', after: 'second' } }]);
  stop();
});

import { AppError } from '@causeway/core';
import { createHealth } from '@causeway/runtime';
import { expect, test, vi } from 'vitest';
import { auditChecks, type AuditChecksDeps } from './audit-checks.ts';

function report(changes: Partial<AuditChecksDeps['journal']>, queue: Partial<AuditChecksDeps['queue']> = {}) {
  const checks = auditChecks({
    journal: { bytes: 0, bytesMax: 1000, oldestMs: 0, probe: () => undefined, ...changes },
    queue: { ping: () => Promise.resolve(), checkSetup: () => Promise.resolve({ status: 'ok' }), ...queue },
    isProduction: true,
  });
  const health = createHealth(checks);
  health.markStarted();
  return health.report();
}

test('all is well', async () => {
  expect(await report({})).toMatchObject({ status: 'ok' });
});

test('a journal that cannot be written is down, and asking is what finds out that it works again', async () => {
  const probe = vi.fn<() => void>(() => {
    throw new AppError('audit_unavailable', 'ENOSPC in /some/path');
  });
  const { status, dependencies } = await report({ probe });
  expect(status).toBe('down');
  expect(dependencies['audit_journal']).toMatchObject({ status: 'down', cause: 'The audit record cannot be written.' });
  expect(probe).toHaveBeenCalledOnce();
});

test('a journal that is almost full, and events that wait for long, say so while there is time', async () => {
  const { status, dependencies } = await report({ bytes: 801, oldestMs: 60_001 });
  expect(status).toBe('degraded');
  expect(dependencies).toMatchObject({ audit_journal: { status: 'degraded' }, audit_queue: { status: 'degraded' } });
});

test('a queue that cannot be reached is not what keeps a process from its work, nor is its setup', async () => {
  const down = () => Promise.reject(new Error('connect 10.0.0.7'));
  const { status, dependencies } = await report({}, { ping: down, checkSetup: down });
  expect(status).toBe('degraded');
  expect(dependencies).toMatchObject({
    audit_queue: { status: 'down', cause: 'the check failed' },
    audit_queue_setup: { status: 'ok' },
  });
});

import { expect, test } from 'vitest';
import { type DoctorCheck, Fault, ok, runChecks, wrong } from './doctor-check.ts';

const check = (run: DoctorCheck['run']): DoctorCheck => ({ name: 'part', run });
const stop = () => new AbortController().signal;

test('findings come in the order of the list', async () => {
  const checks = ['first', 'second'].map((name) => ({ name, run: () => Promise.resolve(ok(`${name} is well`)) }));
  expect(await runChecks(checks, stop())).toEqual([
    { check: 'first', status: 'ok', found: 'first is well' },
    { check: 'second', status: 'ok', found: 'second is well' },
  ]);
});

test('a check that ignores its signal ends at its time all the same', async () => {
  const hangs = check(() => new Promise(() => undefined));
  expect(await runChecks([hangs], stop(), 1)).toMatchObject([{ status: 'wrong', found: 'no answer within 0.001 s' }]);
});

test('a fault is the verdict that it carries', async () => {
  const verdict = wrong('it is gone', 'nobody signs in', 'bring it back');
  const faulty = check(() => Promise.reject(new Fault(verdict)));
  expect(await runChecks([faulty], stop())).toEqual([{ check: 'part', ...verdict }]);
});

test('of anything else that is thrown only the short name is shown', async () => {
  const error = new Error('password hunter2', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
  const shown = await runChecks([check(() => Promise.reject(error))], stop());
  expect(shown).toMatchObject([{ status: 'wrong', found: 'the check itself failed (ECONNREFUSED)' }]);
  expect(JSON.stringify(shown)).not.toContain('hunter2');
});

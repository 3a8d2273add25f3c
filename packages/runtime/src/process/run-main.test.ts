import { AppError } from '@causeway/core';
import { expect, test } from 'vitest';
import { runMain } from './run-main.ts';

function fakeProcess() {
  const seen = { codes: [] as number[], text: '', crash: (_error: unknown): void => undefined };
  const host = {
    on: (_event: 'uncaughtException', listener: (error: unknown) => void) => {
      seen.crash = listener;
    },
    exit: (code: number) => seen.codes.push(code),
    stderr: { write: (text: string) => (seen.text += text) },
  };
  return { seen, host: { ...host, exit: (code: number) => void host.exit(code) } };
}

test('wrong settings end the process with 78 and are told', async () => {
  const { seen, host } = fakeProcess();
  await runMain(() => Promise.reject(new AppError('config_invalid', 'A_PORT is not set')), host);
  expect(seen).toMatchObject({ codes: [78], text: 'A_PORT is not set\n' });
});

test('anything unforeseen ends it with 1 and does not tell the text of the exception', async () => {
  const { seen, host } = fakeProcess();
  const error = Object.assign(new Error('hunter2'), { connectionString: 'hunter2', code: 'ECONNREFUSED' });
  await runMain(() => Promise.reject(new AppError('internal', 'the database is gone', { cause: error })), host);
  expect(seen.codes).toEqual([1]);
  expect(seen.text).toContain('the database is gone');
  expect(seen.text).toContain('ECONNREFUSED');
  expect(seen.text).not.toContain('hunter2');
});

test('a crash after the start is treated the same', async () => {
  const { seen, host } = fakeProcess();
  await runMain(() => Promise.resolve(), host);
  expect(seen.codes).toEqual([]);
  seen.crash(new Error('hunter2'));
  expect(seen.codes).toEqual([1]);
  expect(seen.text).not.toContain('hunter2');
});

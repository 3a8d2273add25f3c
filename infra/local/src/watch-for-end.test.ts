import { EventEmitter } from 'node:events';

import { expect, test } from 'vitest';

import { watchForEnd } from './watch-for-end.ts';

function fakeProcess() {
  return Object.assign(new EventEmitter(), { stdout: new EventEmitter(), stderr: new EventEmitter() });
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks for the end', async (signal) => {
  const source = fakeProcess();
  const watch = watchForEnd(source);
  source.emit(signal);
  expect(watch.asked.aborted).toBe(true);
  expect(await watch.whenAsked).toBeUndefined();
});

test('the echo of a signal, as npm sends it, is not a second wish', () => {
  const source = fakeProcess();
  let now = 0;
  const watch = watchForEnd(source, () => now);
  source.emit('SIGINT');
  now = 50;
  source.emit('SIGINT');
  expect(watch.hurry.aborted).toBe(false);
});

test('a second Ctrl-C hurries', () => {
  const source = fakeProcess();
  let now = 0;
  const watch = watchForEnd(source, () => now);
  source.emit('SIGINT');
  now = 1000;
  source.emit('SIGINT');
  expect(watch.hurry.aborted).toBe(true);
});

test('output that goes nowhere asks for the end, and never hurries it', () => {
  const source = fakeProcess();
  let now = 0;
  const watch = watchForEnd(source, () => now);
  source.stdout.emit('error', new Error('EPIPE'));
  now = 1000;
  source.stderr.emit('error', new Error('EIO'));
  expect(watch.asked.aborted).toBe(true);
  expect(watch.hurry.aborted).toBe(false);
});

import { expect, test } from 'vitest';
import { clockCheck } from './clock-check.ts';

const run = (...skews: readonly (number | undefined)[]) =>
  clockCheck(() => skews.map((skewMs, at) => ({ name: `keys of idp${at}`, skewMs }))).run(AbortSignal.abort());

test('a clock that agrees, or that nobody was asked about, is well', async () => {
  expect(await run(undefined, 0, 15_000, -15_000)).toBeUndefined();
});

test('a clock that is off by more than half of the leeway is named with its issuer, before tokens are refused', async () => {
  expect(await run(0, 15_001, -95_400)).toEqual({
    status: 'degraded',
    cause: "this machine's clock is 15 s behind keys of idp1, 95 s ahead of keys of idp2",
  });
});

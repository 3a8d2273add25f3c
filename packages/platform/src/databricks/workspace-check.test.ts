import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import { demoPolicy } from '../testing/demo-policy.ts';
import type { Statement } from '../platform.ts';
import { databricksDialect } from './dialect.ts';
import { WorkspaceCheck } from './workspace-check.ts';

const { policy } = await demoPolicy();

function start(answers: readonly (string | Error)[]) {
  const world = { now: 0, digest: 'one', told: [] as string[], asked: [] as string[] };
  const left = [...answers];
  const session = {
    query: async <Row>({ text, row }: Statement<Row>): Promise<Row[]> => {
      world.asked.push(text);
      const found = left.length > 1 ? left.shift() : left[0];
      if (found instanceof Error) throw found;
      return [row.parse({ digest: found })];
    },
  };
  const check = new WorkspaceCheck({
    policy: () => ({ policy, engineDigest: world.digest }),
    dialect: databricksDialect('lakehouse'),
    now: () => world.now,
    onEngineDigest: (digest) => world.told.push(digest),
  });
  return { world, check, open: () => check.assertGoverned(session) };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'open',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );
const turn = () => new Promise(setImmediate);

test('nobody is let in before the workspace has said that it enforces this policy', async () => {
  const { world, check, open } = start(['one']);
  await open();
  expect(world.asked).toEqual(['SELECT `lakehouse`.`causeway`.`policy_digest`() AS digest']);
  expect(check.problem).toBeUndefined();
  expect(world.told).toEqual(['one']);
});

describe('refused', () => {
  test('a workspace that enforces another policy, and health says so', async () => {
    const { check, open } = start(['another']);
    expect(await codeOf(open())).toBe('upstream_unavailable');
    expect(check.problem).toContain('causeway policy sql');
  });

  test('health says so for a while only: a replica that is down for good would hear of nothing', async () => {
    const { world, check, open } = start(['another']);
    await codeOf(open());
    world.now = 29_999;
    expect(check.problem).toBeDefined();
    world.now = 30_000;
    expect(check.problem).toBeUndefined();
    expect(await codeOf(open())).toBe('upstream_unavailable');
  });

  test('a workspace that was told nothing', async () => {
    const { check, open } = start([new AppError('internal', 'there is no such function')]);
    expect(await codeOf(open())).toBe('upstream_unavailable');
    expect(check.problem).toContain('causeway policy sql');
  });

  test('whoever may not even ask, and nobody else because of it', async () => {
    const { check, open } = start([new AppError('access_denied', 'no EXECUTE'), 'one']);
    expect(await codeOf(open())).toBe('access_denied');
    expect(check.problem).toBeUndefined();
    expect(await codeOf(open())).toBe('open');
  });
});

test('somebody to whom the function is hidden takes the workspace from nobody who has seen it', async () => {
  const hidden = new AppError('internal', 'there is no such function');
  const { world, check, open } = start(['one', hidden, hidden, 'one']);
  await open();
  world.now = 119_999;
  await open();
  await turn();
  expect(world.asked).toHaveLength(2);
  expect(check.problem).toBeUndefined();
  expect(await codeOf(open())).toBe('open');
  await turn();
  // Nobody has seen it for long: then it is not there.
  world.now = 120_000;
  expect(await codeOf(open())).toBe('open');
});

test('it is asked again beside the calls after half a minute, and before them after two', async () => {
  const { world, open } = start(['one', 'one', 'another']);
  await open();
  world.now = 29_999;
  await open();
  expect(world.asked).toHaveLength(1);
  world.now = 30_000;
  expect(await codeOf(open())).toBe('open');
  await turn();
  expect(world.asked).toHaveLength(2);
  world.now = 30_000 + 120_000;
  expect(await codeOf(open())).toBe('upstream_unavailable');
});

test('a policy that changes here is compared at once', async () => {
  const { world, open } = start(['one']);
  await open();
  world.digest = 'two';
  expect(await codeOf(open())).toBe('upstream_unavailable');
  world.digest = 'one';
  expect(await codeOf(open())).toBe('open');
});

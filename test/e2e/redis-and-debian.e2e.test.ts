import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CHECKOUT, runCommand } from './command.ts';
import { requirement } from './requirement.ts';
import { SecondDeployment } from './second-deployment.ts';
import { matrixTests } from './testing/matrix-tests.ts';
import { toolTests } from './testing/tool-tests.ts';

let deployment: SecondDeployment;
beforeAll(async () => {
  deployment = await SecondDeployment.start();
});
afterAll(() => deployment?.[Symbol.asyncDispose]());

const world = () => deployment.world;

matrixTests(world);
toolTests(world);

describe('the audit trail', () => {
  const ERIK = 'erik@northwind.example';
  const audit = (...args: string[]) =>
    runCommand([join(CHECKOUT, 'node_modules/.bin/causeway'), 'audit', ...args], { env: deployment.environment });
  const report = async () => JSON.parse((await audit('reconcile', '--json')).stdout) as Record<string, unknown>;
  const settled = () =>
    expect
      .poll(report, { timeout: 90_000, interval: 500 })
      .toMatchObject({ ok: true, lost: 0, doubled: 0, pending: 0 });
  const recorded = async () => {
    const filters = ['--filter', 'tool=get_region_summary', '--filter', `human_email=${ERIK}`];
    const { stdout } = await audit('export', '--since', '1h', ...filters);
    return stdout.split('\n').filter(Boolean).length;
  };

  requirement(
    ['audit-exactly-once', 'audit-every-attempt', 'audit-reconcile', 'audit-verify'],
    'calls go on while Redis is dead, and afterwards each of them is there once',
    async () => {
      const erik = await world().proofOf(ERIK);
      const call = async (count: number) => {
        const calls = Array.from({ length: count }, () => world().call(erik, 'get_region_summary'));
        expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(calls.map(() => undefined));
      };
      await settled();
      const before = await recorded();
      expect(before).toBeGreaterThan(0);
      await call(5);
      await deployment.redis.kill();
      await call(10);
      await deployment.redis.restart();
      await call(5);
      await settled();
      expect(await recorded()).toBe(before + 20);
      expect(await audit('verify')).toMatchObject({ exitCode: 0 });
    },
  );
});

import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', '**/.causeway/**'];
const everywhere = '{packages,services,infra,scripts,test}/**';

/** What is about the standard ports or how long a start takes, and what tells faults of its own from a busy machine's. */
const alone = ['test/chaos/stack.e2e.test.ts', 'test/e2e/cold-start.e2e.test.ts', 'test/e2e/local-stack.e2e.test.ts'];

export default defineConfig({
  test: {
    // A forgotten `.only` must not narrow the run, on any machine.
    allowOnly: false,
    projects: [
      {
        // No network, no server, no sleeping: as many at once as there are cores.
        test: {
          name: 'unit',
          include: [`${everywhere}/*.test.ts`],
          exclude: [...exclude, '**/*.server.test.ts', '**/*.e2e.test.ts'],
          // Only ends what hangs, here as below: a test that makes keys or tries many cases takes seconds on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        // Each file starts servers of its own, so two at a time are enough for two cores.
        test: {
          name: 'server',
          include: [`${everywhere}/*.server.test.ts`],
          exclude,
          maxWorkers: 2,
          // What fails fails by its own check; these only end what hangs, also on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // The whole stack as real processes: much of the time it waits for them, so two at a time.
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          exclude: [...exclude, ...alone],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: alone,
          exclude,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

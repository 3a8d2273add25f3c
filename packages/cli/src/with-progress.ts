import type { CommandContext } from './command.ts';

const EVERY_MS = 5000;

/** Says on stderr, every five seconds, that long work goes on and how far it is. Short work says nothing. */
export async function withProgress<T>(
  { stderr }: Pick<CommandContext, 'stderr'>,
  howFar: () => string,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    stderr.write(`${howFar()} (${Math.round((performance.now() - startedAt) / 1000)} s)\n`);
  }, EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

import type { BenchCase, DriverTarget, HttpTarget, Settings, Target } from './bench-case.ts';
import { Child } from './child.ts';
import type { LoadResult } from './load.ts';

export interface RunOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly report?: (line: string) => void;
}

/** One round of one target. */
export interface Round extends LoadResult {
  readonly cpuMsPerCall: number;
  readonly rssMb: number;
  /** Cores that the generator used: near 1, it was the generator that was measured. */
  readonly generatorCores?: number;
}

export interface TargetRounds {
  readonly target: Target;
  readonly rounds: readonly Round[];
}

/** A case and the module that exports it as `benchCase`. */
export interface CaseModule {
  readonly benchCase: BenchCase;
  readonly module: URL;
}

interface RunningTarget extends TargetRounds {
  readonly rounds: Round[];
  readonly measure: (seconds: number) => Promise<Round>;
}

const SERVER_CORE = 0;
const GENERATOR_CORE = 1;
const CONCURRENCY = 16;

/** Measures the targets in interleaved rounds, so that what disturbs the machine disturbs all of them. */
export async function runCase({ benchCase, module }: CaseModule, options: RunOptions): Promise<TargetRounds[]> {
  const prepared = await benchCase.prepare?.();
  const generator = new Child(new URL('generator-process.ts', import.meta.url), GENERATOR_CORE);
  const children: Child[] = [generator];
  try {
    const running: RunningTarget[] = [];
    for (const target of benchCase.targets) {
      const { nodeFlags, environment } = target.kind === 'http' ? target : {};
      const child = new Child(new URL('target-process.ts', import.meta.url), SERVER_CORE, { nodeFlags, environment });
      children.push(child);
      const place = { child, generator, module, settings: prepared?.settings ?? {} };
      running.push({ target, rounds: [], measure: await startTarget(target, place) });
    }
    await measureRounds(running, options);
    return running.map(({ target, rounds }) => ({ target, rounds }));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await prepared?.stop();
  }
}

async function measureRounds(running: readonly RunningTarget[], options: RunOptions): Promise<void> {
  options.report?.('warming up');
  for (const { measure } of running) await measure(options.warmUpSeconds);
  for (let round = 1; round <= options.rounds; round += 1) {
    options.report?.(`round ${round} of ${options.rounds}`);
    for (const { rounds, measure } of running) rounds.push(await measure(options.seconds));
  }
}

interface Place {
  readonly child: Child;
  readonly generator: Child;
  readonly module: URL;
  readonly settings: Settings;
}

interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

async function startTarget(target: Target, place: Place): Promise<RunningTarget['measure']> {
  const { child } = place;
  const load = target.kind === 'http' ? await startHttpTarget(target, place) : await startDriverTarget(target, place);
  return async (seconds) => {
    const before = await child.ask<Usage>('usage');
    const result = await load(seconds).catch((error: unknown) => {
      throw new Error(`${target.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
    const after = await child.ask<Usage>('usage');
    return { ...result, cpuMsPerCall: (after.cpuMs - before.cpuMs) / result.calls, rssMb: after.rssMb };
  };
}

type Load = (seconds: number) => Promise<LoadResult & { generatorCores?: number }>;

async function startHttpTarget(target: HttpTarget, { child, generator, module, settings }: Place): Promise<Load> {
  const { port } = await child.ask<{ port: number }>('startServer', { module: target.module.href, settings });
  const job = {
    module: module.href,
    target: target.name,
    port,
    settings,
    concurrency: target.concurrency ?? CONCURRENCY,
    restMs: target.restMs ?? 0,
  };
  return (seconds) => generator.ask('callServer', { ...job, seconds });
}

async function startDriverTarget(target: DriverTarget, { child, settings }: Place): Promise<Load> {
  await child.ask('startDriver', { module: target.module.href, settings });
  return (seconds) => child.ask('load', { concurrency: target.concurrency ?? CONCURRENCY, seconds });
}

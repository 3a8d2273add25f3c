import { AppError } from '@causeway/core';

export type HealthStatus = 'ok' | 'degraded' | 'down';

/** What a check found. Causes are read by people on the outside: no host names, no exception text. */
export interface CheckResult {
  readonly status: HealthStatus;
  readonly cause?: string;
}

export interface HealthCheck {
  readonly name: string;
  /** Without it the process cannot take traffic. */
  readonly required: boolean;
  /** Resolves when the dependency is well, or with what is wrong; throws when it is down. */
  readonly run: (signal: AbortSignal) => Promise<CheckResult | void>;
  /** 2 s when left out. */
  readonly timeoutMs?: number;
  /** How long a result is given out again; 5 s when left out. */
  readonly freshMs?: number;
}

interface DependencyHealth extends CheckResult {
  readonly required: boolean;
  readonly latency_ms: number;
  readonly checked_at: string;
}

interface HealthReport {
  readonly status: HealthStatus;
  readonly dependencies: Readonly<Record<string, DependencyHealth>>;
}

interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

export interface Health {
  report(): Promise<HealthReport>;
  readiness(): Promise<Readiness>;
  /** The process may take traffic from now on. */
  markStarted(): void;
  /** The process takes no more traffic. */
  markDraining(): void;
}

/** The dependencies of a process by name. However often it is asked, each check runs once at a time, bounded, and cached. */
export function createHealth(checks: readonly HealthCheck[]): Health {
  const cached = checks.map((check) => ({ name: check.name, ask: cachedProbe(check) }));
  let phase: 'starting' | 'serving' | 'draining' = 'starting';

  const report = async (): Promise<HealthReport> => {
    const entries = await Promise.all(cached.map(async ({ name, ask }) => [name, await ask()] as const));
    return { status: overall(entries.map(([, dependency]) => dependency)), dependencies: Object.fromEntries(entries) };
  };
  return {
    report,
    readiness: async () => {
      if (phase !== 'serving') return { ready: false, reason: phase };
      const { dependencies } = await report();
      const missing = Object.entries(dependencies).find(([, { required, status }]) => required && status === 'down');
      return missing === undefined ? { ready: true } : { ready: false, reason: `${missing[0]} is down` };
    },
    markStarted: () => {
      if (phase === 'starting') phase = 'serving';
    },
    markDraining: () => {
      phase = 'draining';
    },
  };
}

function overall(dependencies: readonly DependencyHealth[]): HealthStatus {
  if (dependencies.some(({ required, status }) => required && status === 'down')) return 'down';
  return dependencies.every(({ status }) => status === 'ok') ? 'ok' : 'degraded';
}

function cachedProbe(check: HealthCheck): () => Promise<DependencyHealth> {
  let flight: Promise<DependencyHealth> | undefined;
  let last: { readonly health: DependencyHealth; readonly until: number } | undefined;
  return () => {
    // Not the time of day: a clock that is set back must not keep an old answer.
    if (last !== undefined && performance.now() < last.until) return Promise.resolve(last.health);
    flight ??= probe(check).then((health) => {
      last = { health, until: performance.now() + (check.freshMs ?? 5000) };
      flight = undefined;
      return health;
    });
    return flight;
  };
}

async function probe(check: HealthCheck): Promise<DependencyHealth> {
  const startedAt = performance.now();
  const checkedAt = new Date();
  const result = await bounded(check);
  return {
    ...result,
    required: check.required,
    latency_ms: Math.round(performance.now() - startedAt),
    checked_at: checkedAt.toISOString(),
  };
}

/** Never rejects, and answers in time even when the check ignores its signal. */
async function bounded({ run, timeoutMs = 2000 }: HealthCheck): Promise<CheckResult> {
  const abort = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<CheckResult>();
  const timer = setTimeout(() => {
    resolve({ status: 'down', cause: `no answer within ${timeoutMs} ms` });
    abort.abort();
  }, timeoutMs);
  try {
    return await Promise.race([attempt(run, abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt(run: HealthCheck['run'], signal: AbortSignal): Promise<CheckResult> {
  try {
    return (await run(signal)) ?? { status: 'ok' };
  } catch (error) {
    return { status: 'down', cause: error instanceof AppError ? error.publicMessage : 'the check failed' };
  }
}

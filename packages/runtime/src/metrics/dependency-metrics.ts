import { Counter, type Registry } from 'prom-client';
import type { Health, HealthStatus } from '../process/create-health.ts';
import type { BreakerState } from '../outbound/breaker.ts';
import { addGauge, addLabelledGauge } from './add-gauge.ts';

const HEALTH: Readonly<Record<HealthStatus, number>> = { ok: 0, degraded: 1, down: 2 };
const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** What `/health` says, as numbers. The checks are cached and bounded there. */
export function addHealthMetrics(registry: Registry, health: Pick<Health, 'report'>): void {
  addLabelledGauge(registry, {
    name: 'health_status',
    help: 'What each health check last found: 0 ok, 1 degraded, 2 down.',
    label: 'check',
    read: async () => {
      const { dependencies } = await health.report();
      return Object.entries(dependencies).map(([name, { status }]) => [name, HEALTH[status]] as const);
    },
  });
}

/** A system that is called, as a metric needs it. */
export interface ObservedDependency {
  readonly name: string;
  readonly breaker?: BreakerState;
}

export function addBreakerMetrics(registry: Registry, read: () => readonly ObservedDependency[]): void {
  addLabelledGauge(registry, {
    name: 'outbound_breaker_state',
    help: 'The breaker of each system that is called: 0 closed, 1 half-open, 2 open.',
    label: 'dependency',
    read: () =>
      read().flatMap(({ name, breaker }): [string, number][] =>
        breaker === undefined ? [] : [[name, BREAKER[breaker]]],
      ),
  });
}

/** The keys of an issuer, as a metric needs them. */
export interface ObservedKeys {
  readonly name: string;
  readonly ageMs: number | undefined;
}

export function addKeyMetrics(registry: Registry, read: () => readonly ObservedKeys[]): void {
  addLabelledGauge(registry, {
    name: 'jwks_age_seconds',
    help: 'Age of the keys of each issuer; absent as long as there are none.',
    label: 'keys',
    read: () =>
      read().flatMap(({ name, ageMs }): [string, number][] => (ageMs === undefined ? [] : [[name, ageMs / 1000]])),
  });
}

/** A pool of connections, as a metric needs it. */
export interface ObservedPool {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number;
}

export function addPoolMetrics(registry: Registry, read: () => ObservedPool | undefined): void {
  const values = {
    open: 'Connections to the platform that are open.',
    idle: 'Those of them that nobody uses.',
    waiting: 'Calls that wait for a connection.',
    max: 'Connections that may be open.',
  } as const;
  for (const [key, help] of Object.entries(values)) {
    const name = `platform_pool_${key}`;
    addGauge(registry, { name, help, read: () => read()?.[key as keyof typeof values] });
  }
}

/** Counts what each cache was asked, and how often it knew. */
export function createCacheMetrics(registry: Registry): (cache: string) => (isHit: boolean) => void {
  const lookups = new Counter({
    name: 'cache_lookups_total',
    help: 'What caches were asked, by cache and whether they knew.',
    labelNames: ['cache', 'result'] as const,
    registers: [registry],
  });
  return (cache) => {
    const [hit, miss] = [
      { cache, result: 'hit' },
      { cache, result: 'miss' },
    ];
    for (const labels of [hit, miss]) lookups.inc(labels, 0);
    return (isHit) => lookups.inc(isHit ? hit : miss);
  };
}

import type { KeysState } from '@causeway/auth';
import type { Platform } from '@causeway/platform';
import {
  addBreakerMetrics,
  addGauge,
  addKeyMetrics,
  addPoolMetrics,
  type Metrics,
  type ObservedDependency,
} from '@causeway/runtime';
import type { CallSlots } from './limits/call-slots.ts';

export interface ServiceMetricsDeps {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly platform: Pick<Platform, 'connections' | 'dependencies'>;
  readonly connections: { readonly dependencies: readonly ObservedDependency[] };
  readonly slots: Pick<CallSlots, 'load' | 'size'>;
  readonly keys: readonly { readonly state: KeysState }[];
}

/** What an operator watches of this service beside its calls. Each is read when it is asked for. */
export function addServiceMetrics({ metrics, platform, connections, slots, keys }: ServiceMetricsDeps): void {
  const { registry } = metrics;
  const states = () => keys.map(({ state }) => state);
  addKeyMetrics(registry, states);
  addBreakerMetrics(registry, () => [...states(), ...connections.dependencies, ...(platform.dependencies ?? [])]);
  addPoolMetrics(registry, () => platform.connections);
  const gauges = {
    mcp_calls_running: ['Tool calls under way.', () => slots.load.running],
    mcp_calls_waiting: [
      'Tool calls that wait because their caller has as many under way as the policy allows.',
      () => slots.load.waiting,
    ],
    mcp_callers_active: ['Callers that have a call under way.', () => slots.size],
  } as const;
  for (const [name, [help, read]] of Object.entries(gauges)) addGauge(registry, { name, help, read });
}

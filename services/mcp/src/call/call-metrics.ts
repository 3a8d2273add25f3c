import { ERRORS } from '@causeway/core';
import { outcomeOf } from '@causeway/runtime';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { CallResult } from './call-tool.ts';

export interface ObservedCall {
  readonly tool: string;
  readonly role: string | undefined;
  readonly result: CallResult;
  readonly seconds: number;
}

export interface CallMetricsOptions {
  readonly registry: Registry;
  readonly tools: readonly string[];
  /** The roles of the current policy: a label has no other value. */
  readonly roles: () => readonly string[];
}

const SECONDS = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 35, 120];
const OUTCOMES = [
  'success',
  ...new Set((Object.keys(ERRORS) as (keyof typeof ERRORS)[]).map((code) => outcomeOf(code))),
];
/** The platform's own people have no role of ours. */
const NO_ROLE = 'none';

/** How many calls there are and how long they take: every series is there from the start. */
export function createCallMetrics({ registry, tools, roles }: CallMetricsOptions): (call: ObservedCall) => void {
  const durations = new Histogram({
    name: 'mcp_server_operation_duration_seconds',
    help: 'How long tool calls took, by tool and outcome.',
    labelNames: ['tool', 'outcome'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  const calls = new Counter({
    name: 'mcp_tool_calls_total',
    help: 'Tool calls, by tool, role and outcome.',
    labelNames: ['tool', 'role', 'outcome'] as const,
    registers: [registry],
  });
  for (const tool of tools) {
    for (const outcome of OUTCOMES) {
      durations.zero({ tool, outcome });
      for (const role of [...roles(), NO_ROLE]) calls.inc({ tool, role, outcome }, 0);
    }
  }
  return ({ tool, role, result, seconds }) => {
    const outcome = result.ok ? 'success' : outcomeOf(result.error.code);
    durations.observe({ tool, outcome }, seconds);
    calls.inc({ tool, outcome, role: role !== undefined && roles().includes(role) ? role : NO_ROLE });
  };
}

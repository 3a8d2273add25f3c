import { ERRORS } from '@causeway/core';
import { outcomeOf } from '@causeway/runtime';
import { Histogram, type Registry } from 'prom-client';
import type { CallResult } from './call-tool.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 35, 120];
const OUTCOMES = [
  'success',
  ...new Set((Object.keys(ERRORS) as (keyof typeof ERRORS)[]).map((code) => outcomeOf(code))),
];

/** How long calls take, by tool and outcome: every series is there from the start. */
export function createCallMetrics(registry: Registry, tools: readonly string[]) {
  const calls = new Histogram({
    name: 'mcp_server_operation_duration_seconds',
    help: 'How long tool calls took, by tool and outcome.',
    labelNames: ['tool', 'outcome'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  for (const tool of tools) for (const outcome of OUTCOMES) calls.zero({ tool, outcome });
  return (tool: string, result: CallResult, seconds: number): void => {
    calls.observe({ tool, outcome: result.ok ? 'success' : outcomeOf(result.error.code) }, seconds);
  };
}

import { own } from './own.ts';
import type { Policy } from './schema.ts';
import { TOOL_DATASETS, type ToolName } from './tools.ts';

/** The connection that `github_search` goes through. */
export const GITHUB_CONNECTION = 'github';

/** What the policy would have to say for a tool to work, or undefined when it says it. Such a tool is not listed. */
export function missingFor(policy: Pick<Policy, 'datasets' | 'connections'>, tool: ToolName): string | undefined {
  if (tool === 'github_search' && own(policy.connections, GITHUB_CONNECTION) === undefined) {
    return `the connection "${GITHUB_CONNECTION}"`;
  }
  if (tool === 'external_api_call' && Object.keys(policy.connections).length === 0) return 'a connection';
  const needs = TOOL_DATASETS[tool];
  if (needs === undefined) return undefined;
  const dataset = own(policy.datasets, needs.dataset);
  if (dataset === undefined) return `the dataset "${needs.dataset}"`;
  const fields = needs.fields.filter((field) => own(dataset.columns, field) === undefined);
  return fields.length === 0 ? undefined : `in the dataset "${needs.dataset}" the fields ${fields.join(', ')}`;
}

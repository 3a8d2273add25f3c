export { exposedColumns } from './exposed-columns.ts';
export { policySchema, type Policy, TOOLS, type ToolName } from './schema.ts';

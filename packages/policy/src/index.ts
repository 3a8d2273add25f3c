export { policySchema, type Policy, TOOLS, type ToolName } from './schema.ts';

import type { Policy } from '../schema.ts';

/** Tools that read no relation and reach no connection: a function stands for each, and who may execute it may use the tool. */
export const FUNCTION_TOOLS = ['genie_query', 'ask_supervisor'] as const;
export type FunctionTool = (typeof FUNCTION_TOOLS)[number];

/** The groups of the roles' own names: a role's other groups may hold people whom the tool's line of the matrix does not name. */
export function toolGroups({ tools }: Pick<Policy, 'tools'>, tool: FunctionTool): readonly string[] {
  return tools[tool] ?? [];
}

import { ERRORS, type ErrorCode } from '@causeway/core';
import { z } from 'zod';
import type { ToolDefinition } from './define-tool.ts';

/** A tool as a model reads it. Made once, when the process starts. */
export interface ToolDescription {
  readonly description: {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly inputSchema: { readonly type: 'object' };
    readonly outputSchema: { readonly type: 'object' };
    readonly annotations: Readonly<Record<string, boolean>>;
  };
}

const CODES = Object.keys(ERRORS).filter((code) => ERRORS[code as ErrorCode].mcp === 'isError');

const failure = z.strictObject({
  error: z.strictObject({
    code: z.enum(CODES as [string, ...string[]]),
    message: z.string(),
    request_id: z.string(),
    retry_after_ms: z.number().optional(),
  }),
});

export function describeTool<Input extends z.ZodObject, Output extends z.ZodObject>({
  name,
  title,
  description,
  input,
  output,
  effect,
}: ToolDefinition<Input, Output>): ToolDescription {
  return {
    description: {
      name,
      title,
      description,
      inputSchema: { ...jsonSchema(input, 'input'), type: 'object' },
      // Stock clients check a failed result against this schema too, so it has to allow one.
      outputSchema: { type: 'object', anyOf: [jsonSchema(output, 'output'), jsonSchema(failure, 'output')] } as {
        type: 'object';
      },
      annotations: ANNOTATIONS[effect],
    },
  };
}

const ANNOTATIONS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  'read outside': { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  'write outside': { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
} as const;

/** Without `$schema`: 2020-12 is the protocol's default, and older clients know no other by name. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return rest;
}

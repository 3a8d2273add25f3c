import { AppError, type Caller, type Scope } from '@causeway/core';
import type { PlatformSession } from '@causeway/platform';
import type { ToolName } from '@causeway/policy';
import type { z } from 'zod';
import type { CallResult } from './call-tool.ts';
import type { Connections } from '../connections/connection-pool.ts';
import { describeTool, type ToolDescription } from './describe-tool.ts';
import type { PolicyView } from '../policy/policy-view.ts';

/** What a tool may do to the world: MCP annotations are derived from it. */
type Effect = 'read' | 'read outside' | 'write outside';

/** All that a tool is given. It cannot skip a step of the call, because it has none in its hands. */
export interface ToolContext {
  readonly platform: PlatformSession;
  /** Aborted when time is up or the client has gone. */
  readonly signal: AbortSignal;
  readonly connections: Connections;
  /** Handles of this tool's conversations with this caller. */
  readonly conversations: {
    seal(plan: unknown): string;
    open(handle: string): unknown;
  };
  /** Another tool, as the same caller and by the same path. Its failures are results. */
  call(tool: ToolName, args: Readonly<Record<string, unknown>>): Promise<CallResult>;
  readonly caller: Caller;
  /** The policy in force when the call began. */
  readonly policy: PolicyView;
}

export interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: ToolName;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly scope: Scope | undefined;
  readonly effect: Effect;
  /** An allow-list: what it does not name is not recorded. */
  readonly audit: (input: z.output<Input>) => Readonly<Record<string, unknown>>;
  /** The member of the output that holds rows: they are counted, and cut where there is `truncated` to say so. */
  readonly rows?: keyof z.output<Output> & string;
  readonly deadlineMs?: number;
  /** The longest text in the output. */
  readonly textCharsMax?: number;
  readonly run: (input: z.output<Input>, context: ToolContext) => Promise<z.input<Output>>;
}

/** A tool as the call path knows it, whatever its input and output are. */
export interface Tool extends ToolDescription {
  readonly name: ToolName;
  readonly scope: Scope | undefined;
  readonly effect: Effect;
  readonly rows: string | undefined;
  readonly deadlineMs: number;
  readonly textCharsMax: number;
  /** Throws `invalid_request` for arguments that are not as declared. */
  prepare(args: unknown): PreparedCall;
  /** Throws `internal` for an output that is not as declared. */
  check(output: unknown): ToolOutput;
}

export type ToolOutput = Readonly<Record<string, unknown>>;

interface PreparedCall {
  readonly recorded: Readonly<Record<string, unknown>>;
  run(context: ToolContext): Promise<unknown>;
}

const DEADLINE_MS = 35_000;
const TEXT_CHARS_MAX = 4000;

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { name, scope, effect, input, output, rows } = definition;
  return {
    ...describeTool(definition),
    name,
    scope,
    effect,
    rows,
    deadlineMs: definition.deadlineMs ?? DEADLINE_MS,
    textCharsMax: definition.textCharsMax ?? TEXT_CHARS_MAX,
    prepare: (args) => {
      const parsed = input.safeParse(args ?? {});
      if (!parsed.success) throw invalidArguments(name, parsed.error);
      const { data } = parsed;
      return { recorded: definition.audit(data), run: (context) => definition.run(data, context) };
    },
    check: (found) => {
      const parsed = output.safeParse(found);
      if (parsed.success) return parsed.data;
      const issues = parsed.error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`);
      throw new AppError('internal', `${name}: the output is not as declared (${issues.slice(0, 5).join(', ')})`);
    },
  };
}

const PROBLEMS_MAX = 5;

/** Names the arguments and what they must be; the values that were sent are not repeated. */
function invalidArguments(tool: string, { issues }: z.ZodError): AppError {
  const problems = issues.slice(0, PROBLEMS_MAX).map(problemOf);
  return new AppError('invalid_request', `${tool}: arguments refused: ${issues.map(({ code }) => code).join(', ')}`, {
    safeDetail: `The arguments are not valid: ${problems.join('; ')}.`,
  });
}

function problemOf(issue: z.core.$ZodIssue): string {
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return 'there is an argument that this tool does not have';
  if (issue.code === 'invalid_type') return `${name || 'arguments'} must be of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return `${name} must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big') return `${name} is too large (at most ${String(issue.maximum)})`;
  if (issue.code === 'too_small') return `${name} is too small (at least ${String(issue.minimum)})`;
  return `${name} is not valid`;
}

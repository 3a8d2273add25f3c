import type { AppError, Caller, Secret } from '@causeway/core';
import type { Tool as ToolDefinition } from '@modelcontextprotocol/server';

/** One HTTP request on its way through the protocol: who sent it, and what the way back has to know. */
export interface McpRequest {
  readonly caller: Caller;
  /** The token that proved them. */
  readonly credential: Secret;
  readonly clientId: string | undefined;
  readonly requestId: string;
  /** The tool that was called. */
  tool?: string;
  /** Why a call of it failed: for the log, and for HTTP where a better token would help. */
  failure?: AppError;
  /** What the calls of this request spent, for `Server-Timing`. */
  timing?: string;
}

export interface CallParams {
  readonly name: string;
  readonly arguments: unknown;
  /** `_meta.traceparent`, as the client wrote it. */
  readonly traceparent: unknown;
  readonly signal: AbortSignal;
}

export interface ToolAnswer {
  /** What the tool answered, or `{ error }`. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The same as JSON. */
  readonly json: string;
  readonly isError: boolean;
}

/** The tools as the protocol needs them. */
export interface ToolHost {
  /** What this caller is shown, always in the same order. */
  list(caller: Caller): readonly ToolDefinition[];
  has(name: string): boolean;
  /** Never throws: whatever happens is an answer, and is recorded. */
  call(params: CallParams, request: McpRequest): Promise<ToolAnswer>;
}

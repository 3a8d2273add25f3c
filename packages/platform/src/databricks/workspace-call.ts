import type { AppError } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';

/** One call of the workspace's REST API, as the caller of the session. */
export interface WorkspaceCall extends Pick<
  OutboundCall,
  | 'method'
  | 'headers'
  | 'purpose'
  | 'signal'
  | 'deadlineMs'
  | 'headersTimeoutMs'
  | 'bodyTimeoutMs'
  | 'repeatable'
  | 'tooManyRequests'
  | 'bodyMaxBytes'
  | 'overflow'
  | 'redirects'
> {
  /** From the root of the host, percent-encoded, with the query. */
  readonly path: string;
  /** The platform's own name of what the token must be good for. */
  readonly scope: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** What the clients of the single APIs need. Each refusal of the workspace is thrown as an error of the table. */
export interface WorkspaceCalls {
  json(call: WorkspaceCall): Promise<unknown>;
  /** The answer as it is, also a 4xx. */
  raw(call: WorkspaceCall): Promise<OutboundResponse>;
  /** What a 4xx of the workspace means, as an error of the table. */
  refusalOf(response: OutboundResponse): AppError;
}

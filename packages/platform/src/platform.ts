import type { Caller } from '@causeway/core';
import type { z } from 'zod';

/** The governed data platform: whatever is asked of it is asked as the caller, never as the service. */
export interface Platform {
  /** A session as the caller's principal. Refuses a principal that the platform or the policy does not know. */
  open(caller: Caller, request: RequestContext): Promise<PlatformSession>;
  health(): Promise<PlatformHealth>;
  /** How its connections stand, if it keeps any. */
  readonly connections?: PlatformConnections;
  close(): Promise<void>;
}

/** Numbers of the moment, for metrics. */
export interface PlatformConnections {
  readonly open: number;
  readonly idle: number;
  /** Calls that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

export interface PlatformSession {
  /** The rows of a curated statement, as the caller may see them. More than `rowsMax` rows are a refusal, never a silent cut. */
  query<Row>(statement: Statement<Row>, options?: QueryOptions): Promise<Row[]>;
  /** A question in plain English about the governed data, answered with what the caller may see of it. */
  ask(question: Question, options?: QueryOptions): Promise<Answer>;
}

export interface Question {
  readonly text: string;
  /** What the answer before gave as its plan: then this is a follow-up to it. */
  readonly plan?: unknown;
}

export interface Answer {
  /** `clarification`: the question cannot be answered as it was asked; `text` says why. */
  readonly status: 'completed' | 'clarification';
  /** How the question was understood, or what is asked back. */
  readonly text: string;
  readonly sql?: string;
  readonly columns: readonly string[];
  /** At most fifty. */
  readonly rows: readonly Readonly<Record<string, SqlValue>>[];
  readonly totalRows: number;
  readonly truncated: boolean;
  /** Plain JSON of less than 4 KB, which a follow-up brings back. Absent: there is nothing to follow up. */
  readonly plan?: unknown;
}

/** What the platform's own log gets to know of the request. */
export interface RequestContext {
  readonly requestId: string;
}

/** Text that we wrote, and values that came from outside: the two never mix. */
export interface Statement<Row> {
  readonly name: string;
  /** SQL with `$1`, `$2`… Relations, functions and operators outside `pg_catalog` are written with their schema. */
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** What a row must look like: anything else is a fault of ours and never reaches the caller. */
  readonly row: z.ZodType<Row>;
}

export type SqlValue = string | number | boolean | null;

export interface QueryOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly rowsMax?: number;
}

export interface PlatformHealth {
  readonly ok: boolean;
  /** Why not, for the operator. Holds no secret and no host name. */
  readonly problems: readonly string[];
}

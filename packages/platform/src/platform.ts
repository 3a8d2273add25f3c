import type { Caller, Secret } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import type { BreakerState, OutboundResponse } from '@causeway/runtime';
import type { z } from 'zod';

/** The governed data platform: whatever is asked of it is asked as the caller, never as the service. */
export interface Platform {
  /** A session as the caller's principal. Refuses a principal that the platform or the policy does not know. */
  open(caller: Caller, request: RequestContext): Promise<PlatformSession>;
  health(): Promise<PlatformHealth>;
  /** How names are written in the SQL of a `Statement`. */
  readonly dialect: SqlDialect;
  /** Whether there is an analyst to ask. */
  readonly answersQuestions: boolean;
  /** Whether there are documents to search. */
  readonly searchesDocuments: boolean;
  /** The systems that it calls, for metrics. */
  readonly dependencies?: readonly { readonly name: string; readonly breaker: BreakerState }[];
  /** How its connections stand, if it keeps any. */
  readonly connections?: PlatformConnections;
  close(): Promise<void>;
}

export interface SqlDialect {
  identifier(name: string): string;
  /** `schema.name`, quoted, and with the catalog where there are several. */
  relation(name: string): string;
}

/** Numbers of the moment, for metrics. */
interface PlatformConnections {
  readonly open: number;
  readonly idle: number;
  /** Calls that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

export interface PlatformSession {
  /** Whom the platform itself takes this session for. */
  identity(options?: QueryOptions): Promise<PlatformIdentity>;
  /** The rows of a curated statement, as the caller may see them. More than `rowsMax` rows are a refusal, never a silent cut. */
  query<Row>(statement: Statement<Row>, options?: QueryOptions): Promise<Row[]>;
  /** A question in plain English about the governed data, answered with what the caller may see of it. */
  ask(question: Question, options?: QueryOptions): Promise<Answer>;
  /** The documents that fit best, of those that the caller may see. */
  searchDocuments(search: DocumentSearch, options?: QueryOptions): Promise<readonly FoundDocument[]>;
  /** The platform's own supervisor. `granted`: the caller may have one, and the platform has none, so the service plans itself. */
  askSupervisor(question: Question, options?: QueryOptions): Promise<SupervisorAnswer | Granted>;
  /** The outside API behind this name. `granted`: the caller may use it, and the platform reaches nothing itself, so the service calls. */
  connection(name: string, options?: QueryOptions): Promise<OutsideApi | Granted>;
}

/** The engine said yes, in so many words: an answer that is missing is none. */
export type Granted = 'granted';

export interface PlatformIdentity {
  readonly currentUser: string;
  readonly groups: readonly string[];
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
  /** Plain JSON of less than 4 KB, which a follow-up brings back: the platform's conversation, or how this question was meant. */
  readonly plan?: unknown;
  /** The platform's own id of the answer, where it has one. */
  readonly messageId?: string;
}

export interface DocumentSearch {
  /** Where the documents are, and the columns behind the fields of `FoundDocument`. */
  readonly dataset: Policy['datasets'][string];
  readonly query: string;
  readonly limit: number;
}

export interface FoundDocument {
  readonly documentId: string;
  readonly title: string;
  readonly snippet: string;
  /** From 0 to 1; comparable within one answer. */
  readonly score: number;
  readonly source: string;
}

export interface SupervisorAnswer {
  readonly text: string;
  readonly steps: readonly { readonly tool: string; readonly summary: string }[];
  /** As in `Answer`. */
  readonly plan?: unknown;
}

export interface OutsideApi {
  request(call: OutsideCall, options?: QueryOptions): Promise<OutboundResponse>;
}

/** What is asked of an outside API: where below its base, and what with. Hosts, headers and credentials are not the asker's business. */
export interface OutsideCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RequestContext {
  /** For the platform's own log. */
  readonly requestId: string;
  /** The token that proved the caller, for a platform that wants a proof of its own. No tool ever holds it. */
  readonly credential?: Secret | undefined;
}

/** Text that we wrote, and values that came from outside: the two never mix. */
export interface Statement<Row> {
  readonly name: string;
  /** SQL with `$1`, `$2`…, in words that every platform understands alike; names are written by its dialect. */
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
  /** Hears each statement that is run, before it is run. Texts hold no values. */
  readonly onStatement?: (text: string) => void;
}

export interface PlatformHealth {
  readonly ok: boolean;
  /** Why not, for the operator. Holds no secret and no host name. */
  readonly problems: readonly string[];
}

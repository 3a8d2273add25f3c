import { randomUUID } from 'node:crypto';
import type { GenieOutcome } from '../http/faults.ts';
import type { ResultTable } from '../sql/result-types.ts';
import type { Statement } from '../sql/statement.ts';
import type { AnalystReply } from './analyst-work.ts';

/** The way of a message, in the order of the API. */
const STATUSES = [
  'SUBMITTED',
  'FETCHING_METADATA',
  'FILTERING_CONTEXT',
  'ASKING_AI',
  'PENDING_WAREHOUSE',
  'EXECUTING_QUERY',
] as const;

interface MessagePlace {
  readonly space: string;
  readonly conversation: string;
  readonly owner: string;
  readonly content: string;
}

export interface MessageOptions {
  readonly place: MessagePlace;
  readonly now: () => number;
  /** How long each status holds. */
  readonly paceMs: number;
  /** Workspaces before August 2026 do not say what a text is for. */
  readonly saysPurpose: boolean;
  readonly outcome: GenieOutcome | undefined;
  readonly work: () => Promise<AnalystReply>;
  /** Runs the statement of an answer, as the asker. */
  readonly execute: (run: (signal: AbortSignal) => Promise<ResultTable>) => Statement;
}

interface GenieError {
  readonly type: string;
  readonly error: string;
}

type Ended =
  | { readonly ok: true; readonly reply: AnalystReply; statement: Statement | undefined; totalRows: number }
  | { readonly ok: false; readonly status: 'FAILED' | 'CANCELLED'; readonly error: GenieError };

/** One question on its way to an answer. */
export class GenieMessage {
  readonly id = randomUUID().replaceAll('-', '');
  readonly attachmentId = randomUUID().replaceAll('-', '');
  readonly #textId = randomUUID().replaceAll('-', '');
  readonly #options: MessageOptions;
  readonly #createdAt: number;
  #ended: Ended | undefined;
  #expired: boolean;

  constructor(options: MessageOptions) {
    this.#options = options;
    this.#createdAt = options.now();
    this.#expired = options.outcome?.status === 'QUERY_RESULT_EXPIRED';
    void this.#work();
  }

  /** What the conversation goes on from. */
  get plan(): unknown {
    return this.#ended?.ok === true ? this.#ended.reply.plan : undefined;
  }

  get status(): string {
    const { outcome, now, paceMs } = this.#options;
    if (outcome?.status === 'stuck') return outcome.at;
    const step = Math.floor((now() - this.#createdAt) / paceMs);
    if (step < STATUSES.length || this.#ended === undefined) return STATUSES[Math.min(step, STATUSES.length - 1)] ?? '';
    if (!this.#ended.ok) return this.#ended.status;
    return this.#expired ? 'QUERY_RESULT_EXPIRED' : 'COMPLETED';
  }

  /** The statement behind the attachment; undefined when there is none, or its result is not to be had now. */
  get result(): Statement | undefined {
    const isThere = ['EXECUTING_QUERY', 'COMPLETED'].includes(this.status);
    return isThere && this.#ended?.ok === true ? this.#ended.statement : undefined;
  }

  executeAgain(): Statement | undefined {
    if (this.#ended?.ok !== true || this.#ended.reply.run === undefined) return undefined;
    this.#expired = false;
    return (this.#ended.statement = this.#options.execute(this.#ended.reply.run));
  }

  toJson(): Record<string, unknown> {
    const { space, conversation, content } = this.#options.place;
    const { status } = this;
    const isOver = ['COMPLETED', 'QUERY_RESULT_EXPIRED'].includes(status);
    const attachments = isOver || status === 'EXECUTING_QUERY' ? this.#attachments(isOver) : null;
    return {
      id: this.id,
      message_id: this.id,
      space_id: space,
      conversation_id: conversation,
      content,
      status,
      user_id: 8_700_000_001,
      created_timestamp: this.#createdAt,
      last_updated_timestamp: this.#options.now(),
      attachments,
      ...(status === 'FAILED' || status === 'CANCELLED'
        ? { error: this.#ended?.ok === false && this.#ended.error }
        : {}),
    };
  }

  #attachments(withText: boolean): unknown[] {
    if (this.#ended?.ok !== true) return [];
    const { reply, statement, totalRows } = this.#ended;
    const isAnswer = reply.kind === 'answer';
    const purpose = isAnswer ? 'TEXT_ATTACHMENT_PURPOSE_ANSWER' : 'FOLLOW_UP_QUESTION';
    const text = {
      attachment_id: this.#textId,
      text: { id: this.#textId, content: reply.text, ...(this.#options.saysPurpose && { purpose }) },
    };
    const query = {
      attachment_id: this.attachmentId,
      query: {
        title: this.#options.place.content.slice(0, 80),
        description: reply.text,
        query: reply.sql,
        statement_id: statement?.id,
        query_result_metadata: { row_count: totalRows, is_truncated: false },
      },
    };
    return [...(isAnswer ? [query] : []), ...(withText ? [text] : [])];
  }

  async #work(): Promise<void> {
    const { outcome, work, execute } = this.#options;
    if (outcome?.status === 'FAILED' || outcome?.status === 'CANCELLED') {
      const { status, errorType: type, error } = outcome;
      this.#ended = { ok: false, status, error: { type, error } };
      return;
    }
    try {
      const reply = await work();
      const statement = reply.run && execute(reply.run);
      await statement?.settled;
      this.#ended = { ok: true, reply, statement, totalRows: statement?.rowCount ?? 0 };
    } catch {
      const error = { type: 'SQL_EXECUTION_EXCEPTION', error: 'The query could not be run.' };
      this.#ended = { ok: false, status: 'FAILED', error };
    }
  }
}

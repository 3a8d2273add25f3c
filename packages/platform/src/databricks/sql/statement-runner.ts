import { AppError } from '@causeway/core';
import { orAborted } from '@causeway/runtime';
import type { z } from 'zod';
import { type Sleep, sleepUnlessAborted } from '../sleep.ts';
import type { WorkspaceCalls } from '../workspace-call.ts';
import type { BoundParameter } from './bind-parameters.ts';
import { failedStatement } from './failed-statement.ts';
import type { QueryTag } from './query-tags.ts';
import { chunkAnswer, type ResultChunk, type StatementAnswer, statementAnswer } from './statement-answer.ts';

export interface StatementRequest {
  /** For errors. */
  readonly name: string;
  readonly text: string;
  readonly parameters: readonly BoundParameter[];
  readonly tags: readonly QueryTag[];
  readonly rowLimit: number;
  readonly byteLimit: number;
  readonly signal: AbortSignal;
  /** Whether a second run of it does no harm: then it may be sent again where nobody knows whether the first was taken. */
  readonly repeatable: boolean;
}

export interface StatementResult {
  readonly columns: readonly { readonly name: string; readonly type_name: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly truncated: boolean;
}

export interface StatementRunnerOptions {
  readonly calls: Pick<WorkspaceCalls, 'json'>;
  readonly warehouseId: string;
  readonly scope: string;
  readonly sleep?: Sleep;
}

const PATH = '/api/2.0/sql/statements';
/** The least that the API takes. Whoever gives up before hears only then of the statement, and ends it. */
const FIRST_WAIT = '5s';
const FIRST_WAIT_MS = 15_000;
const POLL_MS = { first: 500, most: 5000 };
const CANCEL_MS = 5000;
/** The API's own limit of an answer in line is 25 MiB, in however many parts. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** SQL Statement Execution 2.0, as one caller. A statement that nobody waits for any more is cancelled. */
export class StatementRunner {
  readonly #options: StatementRunnerOptions;

  constructor(options: StatementRunnerOptions) {
    this.#options = options;
  }

  async run(request: StatementRequest): Promise<StatementResult> {
    try {
      return await this.#run(request);
    } catch (error) {
      throw whyAborted(error, request.signal);
    }
  }

  async #run(request: StatementRequest): Promise<StatementResult> {
    request.signal.throwIfAborted();
    // Without the signal: an answer that comes too late still says what there is to cancel.
    const submitted = this.#submit(request);
    const first = await orAborted(submitted, request.signal).catch((error: unknown) => {
      if (request.signal.aborted) submitted.then((late) => this.#cancel(late)).catch(() => undefined);
      throw error;
    });
    const ended = await this.#end(request, first).catch((error: unknown) => {
      // Nobody looks for it any more.
      this.#cancel(first);
      throw error;
    });
    if (ended.status.state !== 'SUCCEEDED') throw failedStatement(request.name, ended.status);
    return this.#result(request, ended);
  }

  async #end(request: StatementRequest, first: StatementAnswer): Promise<StatementAnswer> {
    const { sleep = sleepUnlessAborted } = this.#options;
    let answer = first;
    for (let ms = POLL_MS.first; isRunning(answer); ms = Math.min(ms * 2, POLL_MS.most)) {
      await sleep(ms, request.signal);
      answer = await this.#get(`${PATH}/${encodeURIComponent(first.statement_id)}`, statementAnswer, request.signal);
    }
    return answer;
  }

  async #result(request: StatementRequest, { statement_id, manifest, result }: StatementAnswer) {
    const columns = manifest?.schema.columns ?? [];
    const truncated = manifest?.truncated === true;
    const rows = await this.#rows(statement_id, result ?? {}, request);
    // A cell that is not there would read as NULL, which is what a mask shows.
    if (rows.some((cells) => cells.length !== columns.length)) throw unusable('a row has other columns than it says');
    const isWhole = truncated || rows.length >= Math.min(manifest?.total_row_count ?? 0, request.rowLimit);
    if (!isWhole) throw unusable('rows are missing');
    return { columns, truncated, rows };
  }

  async #rows(
    id: string,
    first: ResultChunk,
    { signal, rowLimit }: StatementRequest,
  ): Promise<StatementResult['rows']> {
    let chunk = first;
    let rows = first.data_array ?? [];
    let size = sizeOf(rows);
    for (let index = 1; chunk.next_chunk_index != null && rows.length < rowLimit; index++) {
      if (chunk.next_chunk_index !== index) throw unusable('its parts are not in order');
      chunk = await this.#get(`${PATH}/${encodeURIComponent(id)}/result/chunks/${index}`, chunkAnswer, signal);
      const more = chunk.data_array ?? [];
      size += sizeOf(more);
      if (size > ANSWER_BYTES_MAX) throw new AppError('upstream_rejected', 'SQL: the answer is too large');
      rows = [...rows, ...more];
    }
    return rows;
  }

  async #submit(request: StatementRequest): Promise<StatementAnswer> {
    const { calls, warehouseId, scope } = this.#options;
    const answer = await calls.json({
      method: 'POST',
      path: PATH,
      scope,
      repeatable: request.repeatable,
      deadlineMs: FIRST_WAIT_MS,
      bodyMaxBytes: ANSWER_BYTES_MAX,
      body: {
        statement: request.text,
        warehouse_id: warehouseId,
        parameters: request.parameters,
        row_limit: request.rowLimit,
        byte_limit: request.byteLimit,
        disposition: 'INLINE',
        format: 'JSON_ARRAY',
        wait_timeout: FIRST_WAIT,
        on_wait_timeout: 'CONTINUE',
        query_tags: request.tags,
      },
    });
    return read(statementAnswer, answer);
  }

  async #get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const { calls, scope } = this.#options;
    return read(schema, await calls.json({ path, scope, signal, bodyMaxBytes: ANSWER_BYTES_MAX }));
  }

  /** Nobody waits for it. The API may fail to do it in silence; then the warehouse's own time limit ends the statement. */
  #cancel(answer: StatementAnswer): void {
    if (!isRunning(answer)) return;
    const { calls, scope } = this.#options;
    const path = `${PATH}/${encodeURIComponent(answer.statement_id)}/cancel`;
    calls.json({ method: 'POST', path, scope, repeatable: true, deadlineMs: CANCEL_MS }).catch(() => undefined);
  }
}

/** Whoever aborted knows why: their own error of the table goes back to them. */
function whyAborted(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (!aborted) return error;
  return reason instanceof AppError
    ? reason
    : new AppError('upstream_timeout', 'the caller gave up or ran out of time');
}

/** A state that is not known is one of those that newer workspaces may have: running, until the deadline. */
const isRunning = ({ status: { state } }: StatementAnswer) => !TERMINAL.has(state);
const TERMINAL = new Set(['SUCCEEDED', 'FAILED', 'CANCELED', 'CLOSED']);

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.')} (${code})`);
  throw unusable(`it does not fit: ${places.join(', ')}`);
}

const unusable = (why: string) => new AppError('upstream_unavailable', `SQL: the answer is unusable: ${why}`);

const sizeOf = (rows: StatementResult['rows']): number =>
  rows.reduce((sum, cells) => cells.reduce((size, cell) => size + (cell?.length ?? 0), sum), 0);

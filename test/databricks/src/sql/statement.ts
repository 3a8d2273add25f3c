import { randomUUID } from 'node:crypto';
import type { ResultTable } from './result-types.ts';
import { type StatementError, statementError } from './statement-error.ts';

export interface StatementLimits {
  readonly rowLimit?: number | undefined;
  readonly byteLimit?: number | undefined;
  /** Of one chunk. */
  readonly chunkBytes: number;
}

type Cells = readonly (string | null)[];

interface Chunk {
  readonly rowOffset: number;
  readonly rows: readonly Cells[];
}

type Outcome =
  | {
      readonly state: 'SUCCEEDED';
      readonly table: ResultTable;
      readonly chunks: readonly Chunk[];
      readonly truncated: boolean;
    }
  | ({ readonly state: 'FAILED' } & StatementError)
  | { readonly state: 'CANCELED' };

/** What an inline result may hold (docs: "INLINE … up to 25 MiB"). */
const INLINE_BYTES_MAX = 25 * 1024 * 1024;

/** One statement from its submission to its result. Nobody but its owner gets to know that there is one. */
export class Statement {
  readonly id = randomUUID();
  readonly owner: string;
  /** Never rejects. */
  readonly settled: Promise<void>;
  readonly #abort = new AbortController();
  #outcome: Outcome | undefined;

  constructor(owner: string, limits: StatementLimits, work: (signal: AbortSignal) => Promise<ResultTable>) {
    this.owner = owner;
    this.settled = work(this.#abort.signal).then(
      (table) => void (this.#outcome = succeeded(table, limits)),
      (error: unknown) => {
        const isCancelled = this.#abort.signal.aborted;
        this.#outcome = isCancelled ? { state: 'CANCELED' } : { state: 'FAILED', ...statementError(error) };
      },
    );
  }

  get state(): string {
    return this.#outcome?.state ?? 'RUNNING';
  }

  get rowCount(): number {
    return this.#outcome?.state === 'SUCCEEDED' ? this.#outcome.table.rows.length : 0;
  }

  cancel(): void {
    this.#abort.abort(new Error('cancelled'));
  }

  /** The whole answer of the API, as it is now. */
  response(isNew = false): Record<string, unknown> {
    const outcome = this.#outcome;
    if (outcome === undefined) return { statement_id: this.id, status: { state: isNew ? 'PENDING' : 'RUNNING' } };
    if (outcome.state !== 'SUCCEEDED') {
      const { state, ...error } = outcome;
      return { statement_id: this.id, status: { state, ...error } };
    }
    return {
      statement_id: this.id,
      status: { state: outcome.state },
      manifest: manifestOf(outcome),
      result: this.chunk(0) ?? {},
    };
  }

  /** One part of the result; undefined where there is none. */
  chunk(index: number): Record<string, unknown> | undefined {
    if (this.#outcome?.state !== 'SUCCEEDED') return undefined;
    const { chunks } = this.#outcome;
    const chunk = chunks[index];
    if (chunk === undefined) return undefined;
    const next = index + 1;
    return {
      chunk_index: index,
      row_offset: chunk.rowOffset,
      row_count: chunk.rows.length,
      data_array: chunk.rows,
      ...(next < chunks.length && {
        next_chunk_index: next,
        next_chunk_internal_link: `/api/2.0/sql/statements/${this.id}/result/chunks/${next}?row_offset=${chunk.rowOffset + chunk.rows.length}`,
      }),
    };
  }
}

function manifestOf({ table, chunks, truncated }: Extract<Outcome, { state: 'SUCCEEDED' }>) {
  return {
    format: 'JSON_ARRAY',
    schema: { column_count: table.columns.length, columns: table.columns },
    total_chunk_count: chunks.length,
    chunks: chunks.map(({ rowOffset, rows }, index) => ({
      chunk_index: index,
      row_offset: rowOffset,
      row_count: rows.length,
    })),
    total_row_count: chunks.reduce((sum, { rows }) => sum + rows.length, 0),
    truncated,
  };
}

function succeeded(table: ResultTable, { rowLimit, byteLimit = Infinity, chunkBytes }: StatementLimits): Outcome {
  const limited = rowLimit === undefined ? table.rows : table.rows.slice(0, rowLimit);
  const sizes = limited.map((row) => Buffer.byteLength(JSON.stringify(row)));
  const rows: Cells[] = [];
  let bytes = 0;
  for (const [index, row] of limited.entries()) {
    bytes += sizes[index] ?? 0;
    if (bytes > byteLimit) break;
    rows.push(row);
  }
  if (Math.min(bytes, byteLimit) > INLINE_BYTES_MAX) return tooLargeInline();
  const truncated = rows.length < table.rows.length;
  return { state: 'SUCCEEDED', table, chunks: chunksOf(rows, sizes, chunkBytes), truncated };
}

function chunksOf(rows: readonly Cells[], sizes: readonly number[], chunkBytes: number): Chunk[] {
  const chunks: { rowOffset: number; rows: Cells[] }[] = [];
  let left = 0;
  for (const [index, row] of rows.entries()) {
    const size = sizes[index] ?? 0;
    if (chunks.length === 0 || size > left) {
      chunks.push({ rowOffset: index, rows: [] });
      left = chunkBytes;
    }
    chunks.at(-1)?.rows.push(row);
    left -= size;
  }
  return chunks;
}

function tooLargeInline(): Outcome {
  const message = `Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most ${INLINE_BYTES_MAX} bytes.`;
  return { state: 'FAILED', error: { error_code: 'BAD_REQUEST', message } };
}

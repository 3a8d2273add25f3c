import { AppError } from '@causeway/core';
import { z } from 'zod';

export interface Hit {
  readonly id: string;
  /** From 0 to 1; comparable within one answer. */
  readonly score: number;
}

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const found = z.object({
  manifest: z.object({ columns: z.array(z.object({ name: z.string() })).nullish() }).nullish(),
  result: z.object({ data_array: z.array(z.array(cell)).nullish() }).nullish(),
});

/** The documents in the order of the index. The score is the column of that name, or else the last one, which the index adds. */
export function readHits(answer: unknown, column: string): readonly Hit[] {
  const parsed = found.safeParse(answer);
  if (!parsed.success) throw unusable('is not one of a search');
  const rows = parsed.data.result?.data_array ?? [];
  if (rows.length === 0) return [];
  const names = parsed.data.manifest?.columns?.map(({ name }) => name) ?? [];
  const idAt = names.indexOf(column);
  if (idAt < 0) throw unusable('has no column of ids');
  const scoreAt = names.indexOf('score');
  const hits = rows.map((cells) => ({ id: String(cells[idAt] ?? ''), score: Number(cells.at(scoreAt)) }));
  return scaled(hits.filter(({ id }) => id !== ''));
}

/** Distances and fused ranks are from 0 to 1 already; full-text scores have no upper end. */
function scaled(hits: readonly Hit[]): readonly Hit[] {
  const known = hits.map(({ id, score }) => ({ id, score: Number.isFinite(score) ? Math.max(0, score) : 0 }));
  const top = Math.max(1, ...known.map(({ score }) => score));
  return known.map(({ id, score }) => ({ id, score: Math.round((score / top) * 10_000) / 10_000 }));
}

function unusable(what: string): AppError {
  return new AppError('upstream_unavailable', `search: the answer ${what}`);
}

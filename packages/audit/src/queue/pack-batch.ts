import { readFile } from 'node:fs/promises';
import type { Secret } from '@causeway/core';
import type { Batch } from '../journal/journal-folder.ts';
import { readSegment } from '../journal/journal-line.ts';
import { type SignedBatch, signBatch, TRACES_MAX } from './batch.ts';
import { packRecords } from './records-text.ts';

export interface PackedBatch {
  /** `undefined` when no line can be read any more. */
  readonly packed: SignedBatch | undefined;
  /** How many accepted lines cannot be read: a machine was lost before they were on its disk, or the disk spoiled them. */
  readonly missing: number;
}

const NEWLINE = Buffer.from('\n');

/** Makes the message of a closed segment. The same segment always makes the same message. */
export async function packBatch(
  { file, first, last }: Batch,
  { producer, key }: { readonly producer: string; readonly key: Secret },
): Promise<PackedBatch> {
  const entries = readSegment(await readFile(file));
  const missing = last - first + 1 - entries.length;
  if (entries.length === 0) return { packed: undefined, missing };
  const lines = entries.flatMap(({ json }, at) => (at === 0 ? [json] : [NEWLINE, json]));
  const records = packRecords(Buffer.concat(lines));
  const traces = [...new Set(entries.flatMap(({ trace }) => trace ?? []))].slice(0, TRACES_MAX);
  return { packed: signBatch(key, { producer, first, last, records, traces }), missing };
}

import type { Meaning } from './meaning.ts';
import { tokensOf } from './tokens.ts';
import type { FoundValue, Vocabulary } from './vocabulary.ts';

const RUN_MAX = 5;
const PLAIN = /^[\p{L}\d ]+$/u;
/** A word of more values than this narrows nothing down. */
const VALUES_MAX = 10;

/** What the words that nobody knew mean, now that values with them were found. A value is meant by its name or by whole words of it. */
export function foundVocabulary(runs: readonly (readonly string[])[], found: readonly FoundValue[]): Vocabulary {
  const words = new Map<string, Meaning[]>();
  const values = found.map(({ dimension, value }) => ({ dimension, value, parts: partsOf(value), key: keyOf(value) }));
  // A sign is no part of a name, and must not vanish in one.
  const phrases = new Set(runs.flatMap((run) => subRuns(run)).filter((phrase) => PLAIN.test(phrase)));
  for (const phrase of [...phrases, ...values.map(({ key }) => key)]) {
    const exact = values.filter(({ key }) => key === phrase);
    const holding = exact.length > 0 ? exact : values.filter(({ parts }) => holds(parts, partsOf(phrase)));
    const meanings = meaningsOf(holding);
    if (meanings.length > 0) words.set(phrase, meanings);
  }
  return words;
}

const partsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
const keyOf = (value: string): string =>
  tokensOf(value)
    .map(({ text }) => text)
    .join(' ');

function subRuns(run: readonly string[]): readonly string[] {
  return run.flatMap((_, from) =>
    Array.from({ length: Math.min(RUN_MAX, run.length - from) }, (__, length) =>
      run.slice(from, from + length + 1).join(' '),
    ),
  );
}

function holds(parts: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false;
  return parts.some((_, from) => wanted.every((word, index) => parts[from + index] === word));
}

function meaningsOf(holding: readonly { readonly dimension: string; readonly value: string }[]): Meaning[] {
  const byDimension = Map.groupBy(holding, ({ dimension }) => dimension);
  return [...byDimension].flatMap(([dimension, values]): Meaning[] =>
    values.length > VALUES_MAX
      ? []
      : [{ kind: 'value', dimension, values: [...new Set(values.map(({ value }) => value))], found: true }],
  );
}

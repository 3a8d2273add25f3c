import { editDistance } from './edit-distance.ts';
import type { Kind } from './meaning.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a mistyped word may silently not become: these change which rows count. They are only offered. */
const OFFERED: readonly Kind[] = [
  'value',
  'not',
  'month',
  'relative',
  'remove',
  'comparator',
  'or_more',
  'bound',
  'restart',
];

export type Correction =
  | { readonly kind: 'corrected'; readonly word: string }
  | { readonly kind: 'offered'; readonly words: readonly string[] }
  | { readonly kind: 'none' };

const LETTERS = /^\p{L}+$/u;

/** The known word that somebody most likely meant: one letter away, or two in a long word. Short words are only offered something. */
export function correct(word: string, vocabulary: Vocabulary): Correction {
  const max = word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
  if (max === 0 || word.length > 40 || !LETTERS.test(word)) return { kind: 'none' };
  let nearest: string[] = [];
  let distance = max;
  for (const [known, meanings] of vocabulary) {
    if (known.length < 4 || !LETTERS.test(known) || meanings.every(({ kind }) => kind === 'topic')) continue;
    const found = editDistance(word, known, distance);
    if (found > distance) continue;
    nearest = found < distance ? [known] : [...nearest, known];
    distance = found;
  }
  const [only] = nearest;
  if (only === undefined) return { kind: 'none' };
  const meanings = vocabulary.get(only) ?? [];
  const offered = nearest.filter((known) => vocabulary.get(known)?.every(({ kind }) => kind === 'filler') === false);
  const safe = nearest.length === 1 && word.length >= 5 && !meanings.some(({ kind }) => OFFERED.includes(kind));
  return safe ? { kind: 'corrected', word: only } : { kind: 'offered', words: offered.slice(0, 3) };
}

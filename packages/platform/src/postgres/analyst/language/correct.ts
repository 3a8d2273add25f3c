import { editDistance } from './edit-distance.ts';
import type { Kind, Meaning } from './meaning.ts';
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
  if (word.length < OFFERED_MIN || word.length > LENGTH_MAX || !LETTERS.test(word)) return { kind: 'none' };
  const nearest = nearestWords(word, vocabulary);
  const [only] = nearest;
  if (only === undefined) return { kind: 'none' };
  const isOf = (known: string, kinds: readonly Kind[]) =>
    vocabulary.get(known)?.some(({ kind }) => kinds.includes(kind)) === true;
  const safe = nearest.length === 1 && word.length >= CORRECTED_MIN && !isOf(only, OFFERED);
  if (safe) return { kind: 'corrected', word: only };
  return { kind: 'offered', words: nearest.filter((known) => !isOf(known, ['filler'])).slice(0, 3) };
}

const OFFERED_MIN = 4;
const CORRECTED_MIN = 5;
const LONG_MIN = 8;
const LENGTH_MAX = 40;

function nearestWords(word: string, vocabulary: Vocabulary): readonly string[] {
  let distance = word.length >= LONG_MIN ? 2 : 1;
  let nearest: string[] = [];
  for (const [known, meanings] of vocabulary) {
    if (!isCandidate(known, meanings)) continue;
    const found = editDistance(word, known, distance);
    if (found > distance) continue;
    nearest = found < distance ? [known] : [...nearest, known];
    distance = found;
  }
  return nearest;
}

const isCandidate = (known: string, meanings: readonly Meaning[]) =>
  known.length >= OFFERED_MIN && LETTERS.test(known) && !meanings.every(({ kind }) => kind === 'topic');

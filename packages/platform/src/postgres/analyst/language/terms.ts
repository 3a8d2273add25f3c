import type { Kind, Meaning, MeaningOf } from './meaning.ts';
import type { Token } from './tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/** One or several tokens that belong together, and what they can mean. Without a meaning it is a number, a day or an unknown word. */
export interface Term {
  readonly text: string;
  readonly typed: string;
  readonly tokens: readonly Token[];
  readonly meanings: readonly Meaning[];
}

const PHRASE_WORDS_MAX = 7;

/** The tokens in the longest phrases that the vocabularies know. Looked-up values come first: they are names. */
export function termsOf(tokens: readonly Token[], vocabularies: readonly Vocabulary[]): readonly Term[] {
  const terms: Term[] = [];
  for (let at = 0; at < tokens.length;) {
    const term = longest(tokens, at, vocabularies) ?? termOf(tokens.slice(at, at + 1), []);
    terms.push(term);
    at += term.tokens.length;
  }
  return terms;
}

function longest(tokens: readonly Token[], at: number, vocabularies: readonly Vocabulary[]): Term | undefined {
  for (let length = Math.min(PHRASE_WORDS_MAX, tokens.length - at); length > 0; length--) {
    const slice = tokens.slice(at, at + length);
    const text = slice.map((token) => token.text).join(' ');
    const known = vocabularies.map((words) => words.get(text)).find((found) => found !== undefined);
    // What stands in quotes is a name, whatever else it could mean.
    const named = slice.some(({ kind }) => kind === 'quoted');
    const meanings = named ? valuesOnly(known) : known;
    if (meanings !== undefined && (length > 1 || slice[0]?.kind !== 'number')) return termOf(slice, meanings);
  }
  return undefined;
}

function valuesOnly(meanings: readonly Meaning[] = []): readonly Meaning[] | undefined {
  const values = meanings.filter(({ kind }) => kind === 'value');
  return values.length === 0 ? undefined : values;
}

const termOf = (tokens: readonly Token[], meanings: readonly Meaning[]): Term => ({
  text: tokens.map(({ text }) => text).join(' '),
  typed: tokens.map(({ typed }) => typed).join(' '),
  tokens,
  meanings,
});

/** The term's meaning of this kind, if it can have one. */
export function as<K extends Kind>(term: Term | undefined, kind: K): MeaningOf<K> | undefined {
  return term?.meanings.find((meaning): meaning is MeaningOf<K> => meaning.kind === kind);
}

export const is = (term: Term | undefined, ...kinds: readonly Kind[]): boolean =>
  term?.meanings.some(({ kind }) => kinds.includes(kind)) === true;

export const tokenOf = (term: Term | undefined, kind: Token['kind']): Token | undefined =>
  term?.meanings.length === 0 && term.tokens[0]?.kind === kind ? term.tokens[0] : undefined;

/** The first place at or after `at` whose term is none of these. */
export function skip(terms: readonly Term[], at: number, ...kinds: readonly Kind[]): number {
  let next = at;
  while (is(terms[next], ...kinds)) next++;
  return next;
}

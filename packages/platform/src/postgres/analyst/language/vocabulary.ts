import type { ModelDimension, ModelRelation } from '../model/semantic-model.ts';
import type { Meaning } from './meaning.ts';
import { tokensOf } from './tokens.ts';
import { TOPICS } from './topics.ts';
import { WORDS } from './words.ts';

/** Phrases, as lower-case words with single spaces, and everything that each can mean. */
export type Vocabulary = ReadonlyMap<string, readonly Meaning[]>;

/** A value that the caller's own lookup found, and the words of the question that found it. */
export interface FoundValue {
  readonly dimension: string;
  readonly value: string;
}

const LANGUAGE: Vocabulary = languageWords();

/** All words that mean something for one relation: English, the model's, and the values that were looked up. */
export function vocabularyOf(relation: ModelRelation): Vocabulary {
  const words = new Map<string, Meaning[]>();
  for (const [phrase, meaning] of modelWords(relation)) add(words, phrase, meaning);
  for (const verb of relation.verbs) if (!words.has(key(verb))) add(words, verb, { kind: 'filler' });
  for (const [phrase, meanings] of LANGUAGE) if (!words.has(phrase)) words.set(phrase, [...meanings]);
  return words;
}

function key(phrase: string): string {
  return tokensOf(phrase)
    .map(({ text }) => text)
    .join(' ');
}

function add(words: Map<string, Meaning[]>, phrase: string, meaning: Meaning): void {
  const at = key(phrase);
  const known = words.get(at) ?? [];
  if (!known.some((other) => JSON.stringify(other) === JSON.stringify(meaning))) words.set(at, [...known, meaning]);
}

type Entry = readonly [phrase: string, meaning: Meaning];

function languageWords(): Vocabulary {
  const words = new Map<string, Meaning[]>();
  for (const [phrases, meaning] of WORDS) for (const phrase of split(phrases)) add(words, phrase, meaning);
  for (const [topic, { words: phrases }] of Object.entries(TOPICS))
    for (const phrase of split(phrases)) if (!words.has(key(phrase))) add(words, phrase, { kind: 'topic', topic });
  return words;
}

/** Commas separate phrases; a comma alone is one. */
function split(phrases: string): readonly string[] {
  return phrases === ',' ? [','] : phrases.split(', ');
}

function modelWords(relation: ModelRelation): readonly Entry[] {
  const { numbers, dimensions, measures, date } = relation;
  const named = (names: Readonly<Record<string, Described>>, meaning: (name: string) => Meaning) =>
    Object.entries(names).flatMap(([name, entry]) =>
      phrasesOf(name, entry).map((phrase): Entry => [phrase, meaning(name)]),
    );
  return [
    ...subjectWords(relation),
    ...named(measures, (name) => ({ kind: 'measure', name })),
    ...named(numbers, (name) => ({ kind: 'number', name })),
    ...named(date, (name) => ({ kind: 'date', name })),
    ...Object.entries(dimensions).flatMap(([name, dimension]) => dimensionWords(name, dimension)),
  ];
}

interface Described {
  readonly label?: string | undefined;
  readonly synonyms: readonly string[];
}

const phrasesOf = (name: string, { label, synonyms }: Described): readonly string[] => [
  name,
  name.replaceAll('_', ' '),
  ...(label === undefined ? [] : [label]),
  ...synonyms,
];

function subjectWords({ one, many, synonyms }: ModelRelation): readonly Entry[] {
  return [one, many, ...synonyms].map((phrase) => [
    phrase,
    { kind: 'subject', plural: phrase !== one && phrase.endsWith('s') },
  ]);
}

function dimensionWords(name: string, dimension: ModelDimension): readonly Entry[] {
  const singular = phrasesOf(name, dimension);
  const plural = (phrase: string) => phrase.endsWith('s') && phrase !== singular[0];
  const values = Object.entries(dimension.values ?? {}).flatMap(([value, words]) =>
    [...(key(value) === '' ? [] : [value]), ...words].map((phrase): Entry => [
      phrase,
      { kind: 'value', dimension: name, values: [value] },
    ]),
  );
  const sets = Object.values(dimension.sets).flatMap((set) =>
    set.synonyms.map((phrase): Entry => [phrase, { kind: 'value', dimension: name, values: set.values }]),
  );
  return [
    ...singular.map((phrase): Entry => [phrase, { kind: 'dimension', name, plural: plural(phrase) }]),
    ...values,
    ...sets,
  ];
}

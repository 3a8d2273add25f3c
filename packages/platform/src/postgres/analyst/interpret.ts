import type { Clause } from './clauses/clause.ts';
import { readClauses } from './clauses/read-clauses.ts';
import { correct } from './language/correct.ts';
import { foundVocabulary } from './language/found-values.ts';
import { HYGIENE, normalise } from './language/normalise.ts';
import { is, type Term, termsOf, tokenOf } from './language/terms.ts';
import { type Token, tokensOf } from './language/tokens.ts';
import { TOPICS } from './language/topics.ts';
import type { FoundValue, Vocabulary } from './language/vocabulary.ts';
import type { ModelRelation, SemanticModel } from './model/semantic-model.ts';
import { measureExamples } from './plan/labels.ts';
import { buildPlan } from './plan/build-plan.ts';
import type { Plan } from './plan/plan.ts';
import { requestOf } from './plan/request.ts';
import { Unclear } from './plan/unclear.ts';

/** What a question comes to. */
export type Interpretation =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly corrections: readonly string[] }
  /** Words that nobody knows may be values: look for them in these dimensions, as the caller. */
  | {
      readonly kind: 'lookup';
      readonly relation: string;
      readonly dimensions: readonly string[];
      readonly words: readonly string[];
    }
  | { readonly kind: 'clarification'; readonly text: string; readonly restart: boolean }
  | { readonly kind: 'cannot'; readonly text: string };

export interface InterpretContext {
  readonly model: SemanticModel;
  /** The words of each relation of the model. */
  readonly vocabularies: ReadonlyMap<string, Vocabulary>;
  /** Today, in the zone that the company counts its days in. */
  readonly today: string;
  readonly previous?: Plan | undefined;
  /** What a lookup has found. Absent: none was made yet. */
  readonly found?: readonly FoundValue[] | undefined;
}

const TOKENS_MAX = 200;
const LOOKUP_WORDS_MAX = 8;

/** A question, and the plan before, as a plan. Pure: the same question on the same day means the same. */
export function interpret(question: string, context: InterpretContext): Interpretation {
  const normalised = normalise(question);
  if (!normalised.ok) return { kind: 'cannot', text: HYGIENE[normalised.reason] };
  const tokens = tokensOf(normalised.text);
  if (tokens.length > TOKENS_MAX) return { kind: 'cannot', text: HYGIENE.too_long };
  if (tokens.length === 0) return { kind: 'cannot', text: HYGIENE.empty };
  const { previous } = context;
  const candidates = [...context.vocabularies].map(([name, words]) => read(name, words, { tokens, context }));
  const fewest = Math.min(...candidates.map(({ unknown }) => unknown.length));
  const best = candidates.filter(({ unknown }) => unknown.length === fewest);
  const chosen = best.find(({ name }) => name === previous?.relation) ?? best[0];
  if (chosen === undefined) return { kind: 'cannot', text: HYGIENE.empty };
  return lookupFor(chosen, context) ?? conclude(chosen, context);
}

interface Candidate {
  readonly name: string;
  readonly relation: ModelRelation;
  readonly vocabulary: Vocabulary;
  readonly terms: readonly Term[];
  readonly unknown: readonly Term[];
}

interface Asked {
  readonly tokens: readonly Token[];
  readonly context: InterpretContext;
}

function read(name: string, vocabulary: Vocabulary, { tokens, context }: Asked): Candidate {
  const relation = context.model.relations[name] as ModelRelation;
  const { found = [] } = context;
  const first = termsOf(tokens, [vocabulary]);
  const known = found.filter(({ dimension }) => Object.hasOwn(relation.dimensions, dimension));
  const terms = known.length === 0 ? first : termsOf(tokens, [foundVocabulary(unknownRuns(first), known), vocabulary]);
  return { name, relation, vocabulary, terms, unknown: terms.filter(isUnknown) };
}

/** Not a number or a day, and no word that means something. */
const isUnknown = (term: Term) =>
  term.meanings.length === 0 &&
  tokenOf(term, 'number') === undefined &&
  tokenOf(term, 'day') === undefined &&
  tokenOf(term, 'month') === undefined;

/** Words of names may be topics elsewhere: "Harvest Forecasting" is a product. */
function unknownRuns(terms: readonly Term[]): readonly (readonly string[])[] {
  const runs: string[][] = [[]];
  for (const term of terms) {
    if (isUnknown(term) || is(term, 'topic')) runs.at(-1)?.push(...term.text.split(' '));
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function lookupFor(
  { name, relation, terms, unknown }: Candidate,
  { found }: InterpretContext,
): Interpretation | undefined {
  if (found !== undefined || unknown.length === 0) return undefined;
  const dimensions = Object.keys(relation.dimensions).filter(
    (dimension) => relation.dimensions[dimension]?.lookup === true,
  );
  const words = [...new Set(unknownRuns(terms).flat())].filter((word) => word.length >= 3 && /[\p{L}\d]/u.test(word));
  if (dimensions.length === 0 || words.length === 0 || words.length > LOOKUP_WORDS_MAX) return undefined;
  return { kind: 'lookup', relation: name, dimensions, words };
}

function conclude(candidate: Candidate, context: InterpretContext): Interpretation {
  const { terms, corrections, offers } = corrected(candidate);
  const { relation } = candidate;
  const clauses = readClauses({ terms, relation, model: context.model, today: context.today });
  const refusal = refusalOf(clauses, offers, relation);
  if (refusal !== undefined) return refusal;
  const rest = clauses.filter(({ kind }) => !['restart', 'list'].includes(kind));
  if (clauses.some(({ kind }) => kind === 'restart') && rest.length === 0) {
    return { kind: 'clarification', text: 'We start over. What do you want to know?', restart: true };
  }
  const { previous } = context;
  const same = previous?.relation === candidate.name ? previous : undefined;
  try {
    const plan = buildPlan(requestOf(clauses), same, { model: context.model, relation, relationName: candidate.name });
    return { kind: 'plan', plan, corrections };
  } catch (unclear) {
    if (!(unclear instanceof Unclear)) throw unclear;
    return { kind: 'clarification', text: unclear.message, restart: false };
  }
}

interface Corrected {
  readonly terms: readonly Term[];
  readonly corrections: readonly string[];
  readonly offers: ReadonlyMap<string, readonly string[]>;
}

function corrected({ terms, vocabulary }: Candidate): Corrected {
  const corrections: string[] = [];
  const offers = new Map<string, readonly string[]>();
  const tokens = terms.flatMap((term) => {
    const correction = isUnknown(term) && term.tokens.length === 1 ? correct(term.text, vocabulary) : undefined;
    if (correction?.kind === 'offered') offers.set(term.text, correction.words);
    if (correction?.kind !== 'corrected') return [];
    corrections.push(`I read "${term.typed}" as "${correction.word}".`);
    return [[term, correction.word] as const];
  });
  const replaced = new Map(tokens);
  const fixed = terms.flatMap((term): readonly Token[] => {
    const word = replaced.get(term);
    return word === undefined ? term.tokens : [{ kind: 'word', text: word, typed: word }];
  });
  const values = new Map(
    terms
      .filter((term) => term.meanings.some((one) => one.kind === 'value' && one.found))
      .map((term) => [term.text, term.meanings]),
  );
  return { terms: corrections.length === 0 ? terms : termsOf(fixed, [values, vocabulary]), corrections, offers };
}

/** Nothing that was not understood is passed over: a topic says so, an unknown word is asked about. */
function refusalOf(
  clauses: readonly Clause[],
  offers: Corrected['offers'],
  relation: ModelRelation,
): Interpretation | undefined {
  const topic = clauses.find((clause) => clause.kind === 'topic');
  if (topic !== undefined) return { kind: 'cannot', text: TOPICS[topic.topic]?.text ?? '' };
  const first = clauses.find(({ kind }) => kind === 'unknown' || kind === 'problem');
  if (first === undefined) return undefined;
  const unknown = clauses.filter((clause) => clause.kind === 'unknown').map(({ term }) => term);
  const text = first.kind === 'problem' ? first.text : askAbout(unknown, offers, relation);
  return { kind: 'clarification', text, restart: false };
}

function askAbout(terms: readonly Term[], offers: Corrected['offers'], relation: ModelRelation): string {
  const words = [...new Set(terms.map(({ typed }) => `"${typed.slice(0, 60)}"`))].slice(0, 3).join(', ');
  const offered = terms.flatMap(({ text }) => offers.get(text) ?? []).slice(0, 3);
  const suggestion = offered.length === 0 ? '' : ` Did you mean ${offered.map((word) => `"${word}"`).join(' or ')}?`;
  return `I do not know what ${words} means here.${suggestion} You can ask for ${measureExamples(relation)}.`;
}

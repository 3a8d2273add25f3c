import { readFileSync } from 'node:fs';
import { type Deal, sampleDeals } from '../../../sample/deals.ts';
import { DEMO_MODEL } from '../../../testing/demo-policy.ts';
import { type Interpretation, interpret } from '../interpret.ts';
import { type FoundValue, vocabularyOf } from '../language/vocabulary.ts';
import { parseSemanticModel } from '../model/parse-semantic-model.ts';
import type { SemanticModel } from '../model/semantic-model.ts';
import type { Plan } from '../plan/plan.ts';
import { TODAY } from './corpus.ts';

export const demoModel = (): SemanticModel => parseSemanticModel(readFileSync(DEMO_MODEL, 'utf8'));

const DEALS = sampleDeals();
const VALUES: readonly FoundValue[] = [
  ...valuesOf('customer', ({ customer }) => customer),
  ...valuesOf('rep', (deal) => deal.rep_email),
  ...valuesOf('product', ({ product }) => product),
];

function valuesOf(dimension: string, value: (deal: Deal) => string): FoundValue[] {
  return [...new Set(DEALS.map(value))].map((found) => ({ dimension, value: found }));
}

/** Interprets without a database: lookups find the sample's values, as somebody sees them who may see everything. */
export function questionReader(model: SemanticModel, values: readonly FoundValue[] = VALUES) {
  const vocabularies = new Map(
    Object.entries(model.relations).map(([name, relation]) => [name, vocabularyOf(relation)]),
  );
  return (question: string, previous?: Plan): Exclude<Interpretation, { kind: 'lookup' }> => {
    const context = { model, vocabularies, today: TODAY, previous };
    const first = interpret(question, context);
    if (first.kind !== 'lookup') return first;
    const { dimensions, words } = first;
    const found = values.filter(
      ({ dimension, value }) =>
        dimensions.includes(dimension) && words.some((word) => value.toLowerCase().includes(word)),
    );
    const second = interpret(question, { ...context, found });
    if (second.kind === 'lookup') throw new Error('a second lookup');
    return second;
  };
}

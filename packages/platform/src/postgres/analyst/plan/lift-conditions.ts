import type { ClauseOf } from '../clauses/clause.ts';
import type { ModelRelation } from '../model/semantic-model.ts';
import type { Request } from './request.ts';

/** "Products with a margin above 60%" is about the products' margins; "deals with …" would be about single ones. */
export function liftConditions(request: Request, relation: ModelRelation): Request {
  const { subject, measures, mentions, conditions } = request;
  if (subject !== undefined || measures.length > 0 || mentions.length === 0) return request;
  return { ...request, conditions: conditions.map((clause) => lifted(clause, relation)) };
}

function lifted(clause: ClauseOf<'condition'>, { numbers }: ModelRelation): ClauseOf<'condition'> {
  const { target } = clause;
  if (typeof target !== 'object' || !('number' in target)) return clause;
  const { number } = target;
  return { ...clause, target: { measure: { aggregate: numbers[number]?.aggregate ?? 'sum', number } } };
}

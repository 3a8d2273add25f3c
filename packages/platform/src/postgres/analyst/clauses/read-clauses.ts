import type { Clause, Reader, Reading, Rule } from './clause.ts';
import { readCondition } from './read-condition.ts';
import { readGrouping } from './read-grouping.ts';
import { readMeasure } from './read-measure.ts';
import { readPeriod } from './read-period.ts';
import { readRank } from './read-rank.ts';
import { readRemoval } from './read-removal.ts';
import { readSingle } from './read-single.ts';
import { readSort } from './read-sort.ts';
import { readValues } from './read-values.ts';

/** Order matters: what needs more words comes before what needs fewer. */
const RULES: readonly Rule[] = [
  readRemoval,
  readCondition,
  readPeriod,
  readValues,
  readRank,
  readMeasure,
  readGrouping,
  readSort,
  readSingle,
];

/** The whole question as clauses. A word that no rule can use is a clause too: nothing is left out silently. */
export function readClauses(reader: Reader): readonly Clause[] {
  const clauses: Clause[] = [];
  for (let at = 0; at < reader.terms.length;) {
    const reading = firstReading(reader, at);
    const term = reader.terms[at];
    if (reading === undefined && term !== undefined) clauses.push({ kind: 'unknown', term });
    clauses.push(...(reading?.clauses ?? []));
    at = Math.max(reading?.next ?? 0, at + 1);
  }
  return clauses;
}

function firstReading(reader: Reader, at: number): Reading | undefined {
  for (const rule of RULES) {
    const reading = rule(reader, at);
    if (reading !== undefined) return reading;
  }
  return undefined;
}

import { as, is, skip } from '../language/terms.ts';
import { one, type Rule } from './clause.ts';
import { readCount } from './read-amount.ts';

/** `top 5`, `the 3 largest`, `most`, `latest`, `last 10 deals`; `first 20`, `limit 5`. */
export const readRank: Rule = ({ terms }, at) => {
  const before = readCount(terms, at);
  const rankAt = before === undefined ? at : skip(terms, at + 1, 'filler');
  const rank = as(terms[rankAt], 'rank');
  if (rank !== undefined) {
    const after = before ?? readCount(terms, rankAt + 1);
    const next = before === undefined && after !== undefined ? rankAt + 2 : rankAt + 1;
    return one({ kind: 'rank', direction: rank.direction, count: after, date: rank.date === true }, next);
  }
  if (before !== undefined)
    return is(terms[rankAt], 'subject') ? one({ kind: 'limit', count: before }, at + 1) : undefined;
  return latest(terms, at) ?? limit(terms, at);
};

const latest = (terms: Parameters<Rule>[0]['terms'], at: number) => {
  if (as(terms[at], 'relative')?.away !== -1) return undefined;
  const count = readCount(terms, at + 1);
  const next = at + (count === undefined ? 1 : 2);
  if (!is(terms[skip(terms, next, 'filler')], 'subject')) return undefined;
  return one({ kind: 'rank', direction: 'desc', count, date: true }, next);
};

const limit = (terms: Parameters<Rule>[0]['terms'], at: number) => {
  const asked = is(terms[at], 'limit', 'list') || terms[at]?.text === 'first';
  const countAt = skip(terms, at + 1, 'filler', 'to');
  const count = asked ? readCount(terms, countAt) : undefined;
  if (count === undefined || is(terms[countAt + 1], 'rank')) return undefined;
  return one({ kind: 'limit', count }, countAt + 1);
};

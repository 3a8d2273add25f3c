import type { Meaning } from '../language/meaning.ts';
import { as, is, skip } from '../language/terms.ts';
import { type Clause, one, type Rule } from './clause.ts';

/** Words that say something by themselves. */
export const readSingle: Rule = ({ terms }, at) => {
  const term = terms[at];
  const fiscal = is(term, 'fiscal') ? as(terms[at + 1], 'grain')?.grain : undefined;
  if (fiscal === 'quarter' || fiscal === 'year') {
    return one({ kind: 'mention', group: { grain: `fiscal_${fiscal}` }, plural: false }, at + 2);
  }
  if (at === 0 && is(term, 'and')) return one({ kind: 'and' }, 1);
  // "From Redwood Foods", "to Redwood Foods", "between WEST and EAST".
  if (is(term, 'from', 'to', 'between') && is(terms[skip(terms, at + 1, 'filler', 'dimension')], 'value')) {
    return { clauses: [], next: at + 1 };
  }
  for (const meaning of term?.meanings ?? []) {
    const clauses = clausesOf(meaning, term?.typed ?? '');
    if (clauses !== undefined) return { clauses, next: at + 1 };
  }
  return undefined;
};

/** `and` between clauses says nothing; any other word of grammar that is left over was not understood. */
function clausesOf(meaning: Meaning, word: string): readonly Clause[] | undefined {
  switch (meaning.kind) {
    case 'filler':
    case 'and':
    case 'distinct':
      return [];
    case 'topic':
      return [{ kind: 'topic', topic: meaning.topic, word }];
    case 'or':
    case 'or_more':
      return [{ kind: 'problem', text: 'I can read "or" between values of one kind only, such as "WEST or EAST".' }];
    case 'not':
      return [{ kind: 'problem', text: `"${word}" what?` }];
    case 'grain':
      return [{ kind: 'mention', group: { grain: meaning.grain }, plural: meaning.plural }];
    case 'dimension':
      return [{ kind: 'mention', group: { dimension: meaning.name }, plural: meaning.plural }];
    case 'number':
      return [{ kind: 'number', number: meaning.name }];
    default:
      return plain(meaning);
  }
}

function plain(meaning: Meaning): readonly Clause[] | undefined {
  switch (meaning.kind) {
    case 'subject':
      return [{ kind: 'subject', plural: meaning.plural }];
    case 'growth':
      return [{ kind: 'growth', grain: meaning.grain }];
    case 'cue':
      return [{ kind: 'cue', cue: meaning.cue }];
    case 'versus':
    case 'compare':
      return [{ kind: 'compare' }];
    case 'list':
    case 'how_much':
    case 'which':
    case 'date':
    case 'share':
    case 'trend':
    case 'copula':
    case 'those':
    case 'reverse':
      return [{ kind: meaning.kind }];
    default:
      return undefined;
  }
}

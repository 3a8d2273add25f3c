import { as, type Term, tokenOf } from '../language/terms.ts';

export interface Amount {
  readonly value: number;
  readonly percent: boolean;
  /** Written as an amount (`10k`, `$500`, `5,000`), so that it is no count and no year. */
  readonly marked: boolean;
  readonly next: number;
}

/** A number, with its scale: `5,000`, `10k`, `1.5 million`, `30 %`. */
export function readAmount(terms: readonly Term[], at: number): Amount | undefined {
  const token = tokenOf(terms[at], 'number');
  if (token?.value === undefined || token.mark === 'ordinal') return undefined;
  const scale = as(terms[at + 1], 'scale');
  return {
    value: token.value * (scale?.factor ?? 1),
    percent: token.mark === 'percent',
    marked: token.mark !== undefined || scale !== undefined,
    next: at + (scale === undefined ? 1 : 2),
  };
}

/** A count: whole, at least one, not marked as an amount. */
export function readCount(terms: readonly Term[], at: number): number | undefined {
  const amount = readAmount(terms, at);
  const fits = amount !== undefined && !amount.marked && Number.isInteger(amount.value);
  return fits && amount.value >= 1 && amount.value <= 1000 ? amount.value : undefined;
}

import { chainHash, CHAIN_START, leafOf } from '../record/canonical.ts';
import type { AcceptedRange, RetiredRange } from './head.ts';
import { merged, type SeqRange } from './seq-ranges.ts';
import type { StoredRow } from './stored-row.ts';

/** What was done to the trail, as far as the trail itself shows. */
export type Tampering =
  'altered' | 'missing' | 'inserted' | 'foreign' | 'reordered' | 'rewritten' | 'broken' | 'unsigned';

export interface ChainProblem {
  readonly kind: Tampering;
  readonly chain: string;
  /** The place in the chain: of the first row that is not as it was. */
  readonly chainSeq: number;
  readonly eventId?: string | undefined;
  /** Of rows that nobody signed: the last one, and its hash. */
  readonly last?: { readonly chainSeq: number; readonly hash: string } | undefined;
  readonly text: string;
}

/** A head whose signature holds, or that agrees with the rows and so proves nothing against them. */
interface KnownHead {
  readonly chainSeq: number;
  readonly hash: string;
}

interface ChainStart {
  readonly chainSeq: number;
  readonly hash: Buffer;
}

export interface ChainCheckOptions {
  readonly chain: string;
  readonly start?: ChainStart | undefined;
  readonly heads: readonly KnownHead[];
  /** The rows that genuine heads speak of. */
  readonly vouched: readonly SeqRange[];
  readonly retired: readonly RetiredRange[];
  readonly accepted?: readonly AcceptedRange[];
}

/** Rows that no signed head speaks of. */
export interface UnvouchedRange extends SeqRange {
  /** Of the first one. */
  readonly eventId: string;
  /** Of the last one, when it was read together with the others. */
  readonly hash: string | undefined;
}

/** The first is what matters, and so many that an owner who put in thousands cannot fill the memory. */
const RANGES_MAX = 100;

/** Follows a chain row by row, and names the first that is not as it was. */
export class ChainCheck {
  readonly #chain: string;
  readonly #heads: Map<number, Set<string>>;
  readonly #retired: readonly RetiredRange[];
  readonly #vouched: readonly SeqRange[];
  readonly #lastHead: number;
  readonly #unvouched: UnvouchedRange[] = [];
  /** The range of vouched rows that the row before was in, or came after. */
  #at = 0;
  #seq: number;
  #hash: Buffer;
  #last: StoredRow | undefined;
  /** A whole row that does not follow the one before. What it is shows in the row behind it. */
  #stranger: StoredRow | undefined;
  #rows = 0;

  constructor({ chain, start, heads, vouched, retired, accepted = [] }: ChainCheckOptions) {
    this.#chain = chain;
    this.#heads = new Map();
    for (const { chainSeq, hash } of heads) {
      this.#heads.set(chainSeq, (this.#heads.get(chainSeq) ?? new Set()).add(hash));
    }
    for (const { last, hash } of [...retired, ...accepted]) {
      this.#heads.set(last, (this.#heads.get(last) ?? new Set()).add(hash));
    }
    this.#retired = retired;
    // What stood in a month that is being dropped was sound when its checkpoint was signed.
    this.#vouched = merged([...vouched, ...retired, ...accepted]);
    const ends = [...heads.map(({ chainSeq }) => chainSeq), ...accepted.map(({ last }) => last)];
    this.#lastHead = ends.reduce((last, end) => Math.max(last, end), 0);
    this.#seq = start?.chainSeq ?? 0;
    this.#hash = start?.hash ?? CHAIN_START;
  }

  get rows(): number {
    return this.#rows;
  }

  get chainSeq(): number {
    return this.#seq;
  }

  get hash(): Buffer {
    return this.#hash;
  }

  /** So far; the rows behind the last head among them. */
  get unvouched(): readonly UnvouchedRange[] {
    return this.#unvouched;
  }

  /** The next row in the order of `chain_seq`. Returns what is wrong; then the check is over. */
  take(row: StoredRow): ChainProblem | undefined {
    if (this.#stranger !== undefined) return this.#nameStranger(this.#stranger, row);
    if (row.chainSeq > this.#seq + 1) this.#skipRetired();
    if (row.chainSeq <= this.#seq) {
      return this.#problem('inserted', row, `there is another row with the number ${row.chainSeq}`);
    }
    if (row.chainSeq > this.#seq + 1) return this.#isAmongRetired() ?? this.#missing(row.chainSeq - 1);
    const leaf = leafOrNothing(row);
    const isWhole = leaf !== undefined && chainHash(row.prevHash, leaf).equals(row.hash);
    if (!isWhole) return this.#problem('altered', row, 'its content is not what its hash was made of');
    if (!row.prevHash.equals(this.#hash)) {
      this.#stranger = row;
      return undefined;
    }
    this.#seq = row.chainSeq;
    this.#hash = row.hash;
    this.#last = row;
    this.#rows += 1;
    this.#noteUnvouched(row);
    return this.#againstHeads(row);
  }

  /** After the last row. */
  end(): ChainProblem | undefined {
    if (this.#stranger !== undefined) return this.#nameStranger(this.#stranger, undefined);
    this.#skipRetired();
    if (this.#lastHead > this.#seq) return this.#isAmongRetired() ?? this.#missing(this.#lastHead);
    return undefined;
  }

  /** What to say of rows that no head speaks of, when no worker comes to sign them. */
  nameUnvouched({ first, last, eventId, hash }: UnvouchedRange): ChainProblem {
    const rows =
      first === last ? `row ${first} (event ${eventId})` : `rows ${first} to ${last} (the first is event ${eventId})`;
    const isBehind = first > (this.#vouched.at(-1)?.last ?? 0);
    const text = isBehind
      ? `${rows}: no signed head vouches for them; they were put in, or the worker has not come to sign them`
      : `${rows}: no signed head vouches for them, although the chain went on; they were appended by another than a worker, or heads are missing`;
    const kind = isBehind ? 'unsigned' : 'foreign';
    const end = hash === undefined ? undefined : { chainSeq: last, hash };
    return { kind, chain: this.#chain, chainSeq: first, eventId, last: end, text };
  }

  #noteUnvouched({ chainSeq, record, hash }: StoredRow): void {
    while (chainSeq > (this.#vouched[this.#at]?.last ?? Infinity)) this.#at += 1;
    if (chainSeq >= (this.#vouched[this.#at]?.first ?? Infinity)) return;
    const before = this.#unvouched.at(-1);
    const end = { last: chainSeq, hash: hash.toString('hex') };
    if (before?.last === chainSeq - 1) this.#unvouched[this.#unvouched.length - 1] = { ...before, ...end };
    else if (this.#unvouched.length < RANGES_MAX) {
      this.#unvouched.push({ first: chainSeq, eventId: record.event_id, ...end });
    }
  }

  #againstHeads(row: StoredRow): ChainProblem | undefined {
    const signed = this.#heads.get(row.chainSeq);
    if (signed === undefined || (signed.size === 1 && signed.has(row.hash.toString('hex')))) return undefined;
    return this.#problem(
      'rewritten',
      row,
      'its hash is not the one that was signed for this place: it, or rows before it, were rewritten',
    );
  }

  // A month goes as a whole or not at all, so a run is left out from its first row on; or from the head at which the check began.
  #skipRetired(): void {
    for (;;) {
      const next = this.#seq + 1;
      const ranges = this.#retired.filter(
        ({ first, last }) => last >= next && (first === next || (this.#last === undefined && first < next)),
      );
      const [range] = ranges.toSorted((a, b) => b.last - a.last);
      if (range === undefined) return;
      this.#seq = range.last;
      this.#hash = Buffer.from(range.hash, 'hex');
    }
  }

  #isAmongRetired(): ChainProblem | undefined {
    const row = this.#last;
    const isIn = this.#retired.some(({ first, last }) => first <= this.#seq && this.#seq < last);
    if (row === undefined || !isIn) return undefined;
    return this.#problem('inserted', row, 'it stands among rows that retention took away');
  }

  #missing(last: number): ChainProblem {
    const first = this.#seq + 1;
    const text = first === last ? `row ${first} is missing` : `rows ${first} to ${last} are missing`;
    return { kind: 'missing', chain: this.#chain, chainSeq: first, text };
  }

  #nameStranger(row: StoredRow, next: StoredRow | undefined): ChainProblem {
    const last = this.#last;
    if (last?.prevHash.equals(row.prevHash) === true) {
      return this.#problem('inserted', last, `row ${row.chainSeq} follows the row before it: it was put in between`);
    }
    if (next?.prevHash.equals(row.hash) !== true) {
      return this.#problem('reordered', row, 'it follows another row than the one before it');
    }
    const text = `the row before it was altered and hashed anew, or rows between the two were taken out`;
    return this.#problem('broken', row, text);
  }

  #problem(kind: Tampering, row: StoredRow, text: string): ChainProblem {
    const eventId = row.record.event_id;
    const words = {
      altered: 'was altered',
      inserted: 'was inserted',
      reordered: 'is not in its place',
      rewritten: 'was rewritten',
    };
    const what = kind in words ? words[kind as keyof typeof words] : 'does not follow the one before it';
    return {
      kind,
      chain: this.#chain,
      chainSeq: row.chainSeq,
      eventId,
      text: `row ${row.chainSeq} (event ${eventId}) ${what}: ${text}`,
    };
  }
}

// What was written into the row may not even be canonical.
function leafOrNothing({ record }: StoredRow): Buffer | undefined {
  try {
    return leafOf(record);
  } catch {
    return undefined;
  }
}

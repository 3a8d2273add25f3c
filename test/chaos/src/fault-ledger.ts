/** What a fault may lead to while it lasts, and for a while after. Anything else has no excuse. */
export interface Excuse {
  readonly codes: readonly string[];
  /** Connections may break, or stay without an answer. */
  readonly breaks?: boolean;
  /** Only this person's calls. */
  readonly who?: string;
}

export interface Moment {
  readonly who: string;
  /** `undefined`: there was no answer at all. */
  readonly code: string | undefined;
  readonly sentAt: number;
  readonly endedAt: number;
}

interface Entry {
  readonly name: string;
  readonly excuse: Excuse;
  readonly from: number;
  to: number;
}

/** Breakers close again, queues drain, and clients get new tokens: on a busy machine not at once. */
const AFTER_MS = 20_000;

/** Which fault was on when. */
export class FaultLedger {
  readonly #entries: Entry[] = [];

  /** The answer ends the fault. */
  begin(name: string, excuse: Excuse): () => void {
    const entry: Entry = { name, excuse, from: performance.now(), to: Infinity };
    this.#entries.push(entry);
    return () => {
      entry.to = performance.now();
    };
  }

  excuses({ who, code, sentAt, endedAt }: Moment): boolean {
    return this.#entries.some(({ excuse, from, to }) => {
      const isMeant = code === undefined ? excuse.breaks === true : excuse.codes.includes(code);
      const isTheirs = excuse.who === undefined || excuse.who === who;
      return isMeant && isTheirs && from <= endedAt && sentAt <= to + AFTER_MS;
    });
  }

  /** For whoever looks for the cause. */
  at(sentAt: number, endedAt: number): string {
    const names = this.#entries.filter(({ from, to }) => from <= endedAt && sentAt <= to + AFTER_MS);
    return [...new Set(names.map(({ name }) => name))].join(', ') || 'nothing';
  }

  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { name } of this.#entries) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }
}

import type { Answer } from './answer.ts';

/** What goes wrong, for the next `times` requests of a route. */
export interface Fault {
  /** As the route table writes it: `POST /api/2.0/sql/statements`. */
  readonly on: string;
  readonly times?: number | undefined;
  /** So many requests of the route go well first. */
  readonly after?: number | undefined;
  readonly effect: Effect;
}

export type Effect =
  /** Instead of doing anything: the answer of a throttle, a proxy or a broken gateway. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The work is done, then the answer waits. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** No answer ever comes, and nothing is done. */
  | { readonly kind: 'silence' }
  /** The work is done, and the answer ends in its middle. */
  | { readonly kind: 'truncated' }
  /** The work is done, and the connection breaks before a byte of the answer. */
  | { readonly kind: 'reset' }
  /** The token is over, although it says otherwise. */
  | { readonly kind: 'token_expired' }
  /** The statement runs until it is cancelled. */
  | { readonly kind: 'never_ends' }
  | { readonly kind: 'genie'; readonly outcome: GenieOutcome };

export type GenieOutcome =
  /** The message ends so, with this error. */
  | { readonly status: 'FAILED' | 'CANCELLED'; readonly errorType: string; readonly error: string }
  /** The answer is there, its rows are not any more. */
  | { readonly status: 'QUERY_RESULT_EXPIRED' }
  /** It never leaves this status. */
  | { readonly status: 'stuck'; readonly at: string };

interface Armed {
  readonly fault: Fault;
  left: number;
  before: number;
}

/** The faults that wait for their requests. */
export class Faults {
  readonly #armed: Armed[] = [];

  add(fault: Fault): void {
    this.#armed.push({ fault, left: fault.times ?? 1, before: fault.after ?? 0 });
  }

  clear(): void {
    this.#armed.length = 0;
  }

  /** What happens to this request. It is used up. */
  take(on: string): Effect | undefined {
    const armed = this.#armed.find(({ fault, left }) => fault.on === on && left > 0);
    if (armed === undefined) return undefined;
    if (armed.before > 0) {
      armed.before--;
      return undefined;
    }
    armed.left--;
    return armed.fault.effect;
  }
}

import type { PolicyDocument } from '@causeway/policy';
import type { PolicySource } from './policy-view.ts';

/**
 * The policy that is enforced here: the one that the engine enforces too. An edit of what the engine enforces waits until
 * `causeway db apply` has told the engine; an edit of anything else holds at once.
 */
export class PolicyInForce implements PolicySource {
  readonly #latest: () => PolicyDocument;
  #inForce: PolicyDocument;

  constructor(latest: () => PolicyDocument) {
    this.#latest = latest;
    this.#inForce = latest();
  }

  get current(): PolicyDocument {
    const latest = this.#latest();
    if (latest.engineDigest === this.#inForce.engineDigest) this.#inForce = latest;
    return this.#inForce;
  }

  /** A good edit that waits for the engine. What it takes away is taken away already: a call needs its yes too. */
  get waiting(): PolicyDocument | undefined {
    const latest = this.#latest();
    return latest === this.current ? undefined : latest;
  }

  /** To be called with what the engine says that it enforces. */
  engineEnforces(engineDigest: string): void {
    const latest = this.#latest();
    if (latest.engineDigest === engineDigest) this.#inForce = latest;
  }
}

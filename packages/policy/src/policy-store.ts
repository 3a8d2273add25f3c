import { AppError } from '@causeway/core';
import { diffPolicies, type PolicyDiff } from './diff-policies.ts';
import { checkPolicy, type ParseOptions, type PolicyResult } from './parse-policy.ts';
import type { PolicyDocument } from './policy-document.ts';
import { formatProblem, PolicyRefused, type Problem } from './problem.ts';
import type { Revocations } from './revocations.ts';

export interface PolicyStoreDeps extends ParseOptions {
  /** Reads the file anew each time, so that a swapped symbolic link, as Kubernetes mounts them, is followed. */
  readonly read: (file: string) => Promise<string>;
  readonly now: () => Date;
  /** Calls back once, after the given time. Answers with a way to call it off. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Each refused edit once, for the log. */
  readonly onRefused: (refusal: PolicyRefusal) => void;
  /** A callback or subscriber that threw: what was decided holds all the same. */
  readonly onError: (error: unknown) => void;
  /** Revocations beside the document. To know of none has to be said: left out, they would let everybody in. */
  readonly revocations: Revocations | undefined;
}

export interface PolicyRefusal {
  readonly at: Date;
  readonly problems: readonly Problem[];
}

export interface PolicyChanged {
  readonly before: PolicyDocument;
  readonly after: PolicyDocument;
  readonly diff: PolicyDiff;
}

export interface PolicyHealth {
  readonly status: 'ok' | 'degraded';
  readonly digest: string;
  readonly loadedAt: Date;
  readonly lastRefusal: PolicyRefusal | undefined;
  /** One line for an operator. */
  readonly text: string;
}

/** A text must be read twice alike before it counts, since an editor may be half way; so a good edit holds within a second. */
const POLL_MS = 500;

/** The policy that holds now. Follows its file: a good edit is taken whole, a bad one is refused whole and the old one stays. */
export class PolicyStore {
  readonly #deps: PolicyStoreDeps;
  readonly #subscribers = new Set<(changed: PolicyChanged) => void>();
  #current: PolicyDocument;
  #loadedAt: Date;
  #lastRefusal: PolicyRefusal | undefined;
  /** What was read last, and what was judged last: a policy, or what made it impossible to read one. */
  #seen: string;
  #judged: string;
  #callOff: (() => void) | undefined;

  private constructor(deps: PolicyStoreDeps, text: string, document: PolicyDocument) {
    this.#deps = deps;
    this.#current = document;
    this.#loadedAt = deps.now();
    this.#seen = text;
    this.#judged = text;
  }

  /** Throws `config_invalid` when the file cannot be read or is refused: there is no start without a policy. */
  static async open(deps: PolicyStoreDeps): Promise<PolicyStore> {
    let text: string;
    try {
      text = await deps.read(deps.file);
    } catch (error) {
      throw new AppError('config_invalid', `the policy ${deps.file} cannot be read`, { cause: error });
    }
    const result = await checkPolicy(text, deps);
    if (!result.ok) throw new PolicyRefused(result.problems);
    return new PolicyStore(deps, text, withRevocations(result.document, deps.revocations));
  }

  get current(): PolicyDocument {
    return this.#current;
  }

  get health(): PolicyHealth {
    const refusal = this.#lastRefusal;
    const loaded = `policy ${this.#current.digest.slice(0, 12)} of ${this.#loadedAt.toISOString()}`;
    const first = refusal?.problems[0];
    return {
      status: refusal === undefined ? 'ok' : 'degraded',
      digest: this.#current.digest,
      loadedAt: this.#loadedAt,
      lastRefusal: refusal,
      text:
        refusal === undefined || first === undefined
          ? loaded
          : `${loaded} stays: the edit seen at ${refusal.at.toISOString()} is refused, ${formatProblem(first)}`,
    };
  }

  /** Called after a change holds: to empty caches and to record it. Answers with the way to stop. */
  subscribe(subscriber: (changed: PolicyChanged) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** Follows the file until `stop`. */
  start(): void {
    this.#callOff = this.#deps.after(POLL_MS, () => {
      void this.poll().finally(() => {
        if (this.#callOff !== undefined) this.start();
      });
    });
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  /** Looks at the file once. Never throws. */
  async poll(): Promise<void> {
    const read = await this.#read();
    const isSettled = read.key === this.#seen;
    this.#seen = read.key;
    if (!isSettled || read.key === this.#judged) return;
    this.#judged = read.key;
    if ('problem' in read) this.#refuse([read.problem]);
    else await this.#take(read.text);
  }

  async #read(): Promise<{ key: string; text: string } | { key: string; problem: Problem }> {
    try {
      const text = await this.#deps.read(this.#deps.file);
      return { key: text, text };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
      return { key: `\0${code}`, problem: this.#problem(`cannot be read: ${code}`) };
    }
  }

  async #take(text: string): Promise<void> {
    const result = await this.#check(text);
    if (!result.ok) {
      this.#refuse(result.problems);
      return;
    }
    const before = this.#current;
    const after = withRevocations(result.document, this.#deps.revocations);
    this.#current = after;
    this.#lastRefusal = undefined;
    if (after.digest === before.digest) return;
    this.#loadedAt = this.#deps.now();
    const changed = { before, after, diff: diffPolicies(before.policy, after.policy) };
    for (const subscriber of this.#subscribers) this.#call(() => subscriber(changed));
  }

  async #check(text: string): Promise<PolicyResult> {
    try {
      return await checkPolicy(text, this.#deps);
    } catch (error) {
      this.#deps.onError(error);
      return { ok: false, problems: [this.#problem('could not be checked')] };
    }
  }

  #refuse(problems: readonly Problem[]): void {
    const refusal = { at: this.#deps.now(), problems };
    this.#lastRefusal = refusal;
    this.#call(() => this.#deps.onRefused(refusal));
  }

  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#deps.onError(error);
    }
  }

  #problem(message: string): Problem {
    return { severity: 'error', file: this.#deps.file, line: 1, column: 1, path: '', message };
  }
}

function withRevocations(document: PolicyDocument, revocations: Revocations | undefined): PolicyDocument {
  return revocations === undefined ? document : { ...document, revocations };
}

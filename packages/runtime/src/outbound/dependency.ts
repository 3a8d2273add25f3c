import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { attempt } from './attempt.ts';
import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts';
import { checkUrl } from './check-url.ts';
import { clockSkewMs } from './clock-skew.ts';
import { Deadline } from './deadline.ts';
import { FailedAttempt } from './failed-attempt.ts';
import { parseNetwork, type NetworkRule } from './network.ts';
import type { OutboundCall, OutboundResponse, Purpose } from './outbound-call.ts';
import { createPinnedConnector, resolveBySystem, type Resolve } from './pinned-connector.ts';
import { redirectTarget } from './redirect-target.ts';
import { requestHeaders } from './request-headers.ts';

/** One system that we call: its own network rule, trust, connections and breaker. */
export interface Dependency {
  readonly name: string;
  readonly breaker: BreakerState;
  /** How far its clock was ahead of ours in its last answer; undefined until one came. */
  readonly skewMs?: number | undefined;
  request(call: OutboundCall): Promise<OutboundResponse>;
  close(): Promise<void>;
}

export interface DependencySettings {
  /** As it appears in logs, health and metrics. */
  readonly name: string;
  readonly network: NetworkRule;
  /** PEM file of a certificate authority that is trusted for this dependency, beside the usual ones. */
  readonly caFile?: string | undefined;
  readonly breaker?: BreakerSettings;
  readonly connectTimeoutMs?: number;
}

export interface OutboundDeps {
  readonly resolve: Resolve;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const POOLS = {
  standard: { deadlineMs: 35_000, bodyTimeoutMs: 15_000, connections: 64 },
  long: { deadlineMs: 120_000, bodyTimeoutMs: 60_000, connections: 32 },
} as const satisfies Record<Purpose, unknown>;

const SYSTEM: OutboundDeps = {
  resolve: resolveBySystem,
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
};

export function createDependency(settings: DependencySettings, deps: Partial<OutboundDeps> = {}): Dependency {
  return new HttpDependency(settings, { ...SYSTEM, ...deps });
}

const MAX_TRIES = 3;
const BACKOFF_MS = 200;
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

class HttpDependency implements Dependency {
  readonly name: string;
  readonly #deps: OutboundDeps;
  readonly #breaker: Breaker;
  readonly #agents: Record<Purpose, Agent>;
  #skewMs: number | undefined;

  constructor(settings: DependencySettings, deps: OutboundDeps) {
    this.name = settings.name;
    this.#deps = deps;
    this.#breaker = new Breaker(settings.name, settings.breaker);
    const connect = createPinnedConnector({
      name: settings.name,
      network: parseNetwork(settings.network),
      caFile: settings.caFile,
      connectTimeoutMs: settings.connectTimeoutMs ?? 5000,
      resolve: deps.resolve,
    });
    const agent = ({ connections, deadlineMs, bodyTimeoutMs }: (typeof POOLS)[Purpose]) =>
      new Agent({ connect, connections, allowH2: false, headersTimeout: deadlineMs, bodyTimeout: bodyTimeoutMs });
    this.#agents = { standard: agent(POOLS.standard), long: agent(POOLS.long) };
  }

  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  async request(call: OutboundCall): Promise<OutboundResponse> {
    let url = checkUrl(this.name, call.url);
    const limitMs = POOLS[call.purpose ?? 'standard'].deadlineMs;
    const ms = Math.min(call.deadlineMs ?? limitMs, limitMs);
    const endsAt = this.#deps.now() + ms;
    using deadline = new Deadline({ name: this.name, ms, caller: call.signal });
    for (let hops = 0; ; hops++) {
      const response = await this.#try({ call, url, endsAt, signal: deadline.signal });
      const target = redirectTarget({ name: this.name, call, url, response, hops });
      if (target === undefined) return response;
      url = target;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#agents.standard.close(), this.#agents.long.close()]);
  }

  async #try(send: Send): Promise<OutboundResponse> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#attempt(send);
      } catch (error) {
        if (!(error instanceof FailedAttempt)) throw error;
        const waitMs = this.#waitBeforeNext(send, error, tries);
        if (waitMs === undefined) throw error.error;
        await this.#sleep(waitMs, send.signal);
      }
    }
  }

  async #attempt({ call, url, signal }: Send): Promise<OutboundResponse> {
    signal.throwIfAborted();
    const headers = requestHeaders(this.name, call.headers);
    const agent = this.#agents[call.purpose ?? 'standard'];
    const options = { name: this.name, agent, call, url, headers, signal, now: this.#deps.now };
    const sentAtMs = Date.now();
    const response = await this.#breaker.run(() => attempt(options));
    this.#skewMs = clockSkewMs(response.headers, { sentAtMs, receivedAtMs: Date.now() }) ?? this.#skewMs;
    return response;
  }

  /** Undefined when this failure is the last word: a known reason now is better than a timeout later. */
  #waitBeforeNext({ call, endsAt }: Send, failed: FailedAttempt, tries: number): number | undefined {
    const isSafe = call.repeatable ?? REPEATABLE.has(call.method ?? 'GET');
    if (!failed.repeat || !isSafe || tries >= MAX_TRIES || this.breaker !== 'closed') return undefined;
    // Full jitter: anywhere between nothing and the exponential step, so that clients do not come back in step.
    const jitterMs = this.#deps.random() * BACKOFF_MS * 2 ** (tries - 1);
    const waitMs = Math.max(failed.retryAfterMs ?? 0, jitterMs);
    return this.#deps.now() + waitMs < endsAt ? waitMs : undefined;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.sleep(ms, signal);
    } finally {
      // Node's timer throws an AbortError of its own; what counts is why.
      signal.throwIfAborted();
    }
  }
}

interface Send {
  readonly call: OutboundCall;
  readonly url: URL;
  readonly endsAt: number;
  readonly signal: AbortSignal;
}

import { AppError, CallerGone } from '@causeway/core';
import type { Agent, Dispatcher } from 'undici';
import { orAborted } from './deadline.ts';
import { FailedAttempt } from './failed-attempt.ts';
import type { OutboundCall, OutboundResponse } from './outbound-call.ts';
import { readBody } from './read-body.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface AttemptOptions {
  readonly name: string;
  readonly agent: Agent;
  readonly call: OutboundCall;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Sends the request once and reads the answer. Whatever goes wrong is thrown as a FailedAttempt. */
export async function attempt(options: AttemptOptions): Promise<OutboundResponse> {
  const { agent, call, url, signal } = options;
  try {
    const request = agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: call.method ?? 'GET',
      headers: options.headers,
      body: call.body ?? null,
      ...(call.headersTimeoutMs !== undefined && { headersTimeout: call.headersTimeoutMs }),
      ...(call.bodyTimeoutMs !== undefined && { bodyTimeout: call.bodyTimeoutMs }),
      signal,
    });
    // undici looks at the signal only once a connection has taken the request; waiting in the pool must end, too.
    return await accept(options, await orAborted(request, signal));
  } catch (error) {
    throw error instanceof FailedAttempt ? error : explain(options, error);
  }
}

const DEFAULT_BODY_MAX_BYTES = 256 * 1024;

async function accept(options: AttemptOptions, answer: Dispatcher.ResponseData): Promise<OutboundResponse> {
  const { name, call } = options;
  const status = answer.statusCode;
  const headers = Object.fromEntries(Object.entries(answer.headers).map(([key, value]) => [key, String(value ?? '')]));
  const maxBytes = call.bodyMaxBytes ?? DEFAULT_BODY_MAX_BYTES;
  const isBad = status >= 500 || status === 429;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!isBad && !/^(identity)?$/i.test(encoding.trim())) {
    answer.body.on('error', () => {});
    answer.body.destroy();
    throw refusedAnswer(`${name}: the answer is compressed, which was not asked for`);
  }
  // Read also when the status is bad: it is short, and a body that was read leaves a usable connection.
  const { bytes, truncated } = await readBody(answer.body, maxBytes);
  if (isBad) throw badStatus(options, { status, headers, body: bytes, truncated });
  if (truncated && call.overflow !== 'truncate') {
    throw refusedAnswer(`${name}: the answer is larger than ${maxBytes} bytes`);
  }
  return { status, headers, body: bytes, truncated };
}

const WORTH_REPEATING = new Set([429, 500, 502, 503, 504]);

function badStatus({ name, call, now }: AttemptOptions, answer: OutboundResponse): FailedAttempt {
  const { status, headers } = answer;
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now());
  const verdict = status === 429 ? 'up' : 'down';
  const read = call.readFailure?.(answer, retryAfterMs);
  if (read !== undefined) {
    return new FailedAttempt({ ...read, verdict, retryAfterMs: retryAfterMs ?? read.error.retryAfterMs });
  }
  const isQuota = status === 429 && call.tooManyRequests === 'final';
  const code = isQuota ? 'rate_limited' : 'upstream_unavailable';
  return new FailedAttempt({
    error: new AppError(code, `${name}: answered ${status}`, retryAfterMs === undefined ? {} : { retryAfterMs }),
    verdict,
    repeat: WORTH_REPEATING.has(status) && !isQuota,
    retryAfterMs,
  });
}

function refusedAnswer(message: string): FailedAttempt {
  return new FailedAttempt({ error: new AppError('upstream_rejected', message), verdict: 'up', repeat: false });
}

function explain({ name, signal }: AttemptOptions, error: unknown): FailedAttempt {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    const isTimeUp =
      reason instanceof AppError && reason.code === 'upstream_timeout' && !(reason instanceof CallerGone);
    return new FailedAttempt({ error: reason, verdict: isTimeUp ? 'down' : 'unknown', repeat: false });
  }
  if (error instanceof AppError) return new FailedAttempt({ error, verdict: 'unknown', repeat: false });
  const code = codeOf(error);
  // The error itself stays here: undici's hold pieces of what was sent and received.
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    const timeout = new AppError('upstream_timeout', `${name}: ${code}`);
    return new FailedAttempt({ error: timeout, verdict: 'down', repeat: false });
  }
  const unavailable = new AppError('upstream_unavailable', `${name}: ${code}`);
  return new FailedAttempt({ error: unavailable, verdict: 'down', repeat: true });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

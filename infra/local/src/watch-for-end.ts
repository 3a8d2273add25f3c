import type { EventEmitter } from 'node:events';

/** What the signals of a terminal, or its death, ask for. */
export interface EndWatch {
  readonly asked: AbortSignal;
  readonly whenAsked: Promise<undefined>;
  /** Aborted when the person asks a second time. */
  readonly hurry: AbortSignal;
}

/** npm passes on the signals that the terminal has already sent to everybody: what comes so soon after the first is its echo. */
const ECHO_MS = 400;

export function watchForEnd(
  source: EventEmitter & { stdout: EventEmitter; stderr: EventEmitter },
  now: () => number = () => performance.now(),
): EndWatch {
  const asked = new AbortController();
  const hurry = new AbortController();
  let askedAt = Number.NaN;
  const ask = () => {
    if (!asked.signal.aborted) {
      askedAt = now();
      asked.abort();
    } else if (now() - askedAt > ECHO_MS) hurry.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) source.on(signal, ask);
  // A terminal that is gone answers EIO or EPIPE; without a listener that error would end the process on the spot.
  for (const stream of [source.stdout, source.stderr]) stream.on('error', () => asked.signal.aborted || ask());
  const { promise: whenAsked, resolve } = Promise.withResolvers<undefined>();
  asked.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return { asked: asked.signal, whenAsked, hurry: hurry.signal };
}

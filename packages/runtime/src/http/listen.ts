import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { AppError } from '@causeway/core';
import { InFlight } from '../in-flight.ts';
import type { ListenAddress } from '../settings/plain-variables.ts';

/** What a client may take of the server's time and memory before it has sent a whole request. */
export interface ServerLimits {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Longer than the idle time of balancers (60 s), so that they and not we close idle connections. */
  readonly keepAliveTimeoutMs: number;
  /** Without a byte in either direction; longer than the slowest call (120 s). */
  readonly silenceTimeoutMs: number;
  readonly checkIntervalMs: number;
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
}

export const SERVER_LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  silenceTimeoutMs: 180_000,
  checkIntervalMs: 2000,
  headerBytesMax: 16 * 1024,
  connectionsMax: 10_000,
};

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** From now on every answer ends its connection, so that clients find another process. */
  discourage(): void;
  /** Takes no new connection, lets running requests finish until the deadline, and says how many were cut off. */
  drain(deadline: AbortSignal): Promise<number>;
}

/** Serves HTTP, or says which variable to change. */
export async function listen(
  handler: RequestListener,
  address: ListenAddress,
  limits: ServerLimits = SERVER_LIMITS,
): Promise<Listener> {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      maxHeaderSize: limits.headerBytesMax,
    },
    handler,
  );
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connectionsMax;
  server.timeout = limits.silenceTimeoutMs;
  const leaving = leavingOf(server);
  await bind(server, address);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { host: address.host, port, ...leaving };
}

async function bind(server: Server, { host, port, variable }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException) => {
    const why = BIND_PROBLEMS[error.code ?? ''] ?? `cannot be listened on (${error.code ?? error.name})`;
    reject(new AppError('config_invalid', `${variable}: port ${port} on ${host} ${why}`, { cause: error }));
  };
  server.once('error', fail);
  server.listen({ host, port, backlog: 1024 }, resolve);
  await promise;
  server.off('error', fail);
}

const BIND_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process',
  EACCES: 'needs a right that this process does not have',
  EADDRNOTAVAIL: 'is not an address of this machine',
  ENOTFOUND: 'is not an address of this machine',
};

function leavingOf(server: Server): Pick<Listener, 'discourage' | 'drain'> {
  const running = new InFlight<ServerResponse>();
  let isLeaving = false;
  let onIdle = (): void => undefined;
  server.prependListener('request', (_request, response) => {
    const id = running.add(response);
    if (isLeaving) closeAfter(response);
    response.once('close', () => {
      running.take(id);
      if (running.size === 0) onIdle();
    });
  });
  const discourage = () => {
    isLeaving = true;
    for (const response of running.all()) closeAfter(response);
  };
  const drain = async (deadline: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onIdle = resolve;
    discourage();
    server.close();
    if (running.size === 0 || deadline.aborted) resolve();
    deadline.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    const cutOff = running.size;
    // Not only the idle ones: a client that has connected and says nothing would hold the process.
    server.closeAllConnections();
    return cutOff;
  };
  return { discourage, drain };
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

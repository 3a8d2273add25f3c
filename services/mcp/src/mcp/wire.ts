import {
  type JSONRPCRequest,
  type MessageExtraInfo,
  PerRequestHTTPServerTransport,
  type Transport,
} from '@modelcontextprotocol/server';
import { Exchange, type JsonRpcResponse } from './exchange.ts';
import { MODERN } from './revisions.ts';

/** A transport that stays: one request after the other and at the same time, each with its own reply. */
export interface Wire extends Transport {
  /** Requests under way. */
  inFlight(): number;
  dispatch(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    signal?: AbortSignal,
  ): Promise<JsonRpcResponse | undefined>;
}

/** Connecting a `Server` to a transport of this class binds it to the modern revision; that it stays open makes the binding last. */
export const modernWire = (): Wire =>
  staying(
    new PerRequestHTTPServerTransport({
      classification: { era: 'modern', revision: MODERN },
      responseMode: 'json',
    }),
  );

/** A `Server` on this one that never sees `initialize` speaks every revision before the modern one. */
export const legacyWire = (): Wire => staying({});

function staying(transport: Partial<Transport>): Wire {
  const exchange = new Exchange((message, extra) => transport.onmessage?.(message, extra));
  return Object.assign(transport, {
    inFlight: () => exchange.inFlight,
    dispatch: exchange.dispatch.bind(exchange),
    start: () => Promise.resolve(),
    send: (message: Parameters<Transport['send']>[0]) => {
      exchange.settle(message as JsonRpcResponse);
      return Promise.resolve();
    },
    close: () => {
      exchange.end();
      transport.onclose?.();
      return Promise.resolve();
    },
  });
}

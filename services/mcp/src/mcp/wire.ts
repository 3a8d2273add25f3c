import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageExtraInfo,
  PerRequestHTTPServerTransport,
  type Transport,
} from '@modelcontextprotocol/server';
import { Exchange, type JsonRpcResponse } from './exchange.ts';
import { MODERN } from './revisions.ts';

type Receive = (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;

/** A transport that stays: one request after the other and at the same time, each with its own reply. */
export interface Wire extends Transport {
  readonly inFlight: number;
  dispatch(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    signal?: AbortSignal,
  ): Promise<JsonRpcResponse | undefined>;
}

/** Connecting a `Server` to this class binds it to the modern revision; the overrides make the binding last. */
export class ModernWire extends PerRequestHTTPServerTransport implements Wire {
  readonly #exchange = new Exchange((message, extra) => this.onmessage?.(message, extra));

  constructor() {
    super({ classification: { era: 'modern', revision: MODERN }, responseMode: 'json' });
  }

  get inFlight(): number {
    return this.#exchange.inFlight;
  }

  dispatch(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    signal?: AbortSignal,
  ): Promise<JsonRpcResponse | undefined> {
    return this.#exchange.dispatch(message, extra, signal);
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override send(message: JSONRPCMessage): Promise<void> {
    this.#exchange.settle(message as JsonRpcResponse);
    return Promise.resolve();
  }

  override close(): Promise<void> {
    this.#exchange.end();
    this.onclose?.();
    return Promise.resolve();
  }
}

/** A `Server` on this one that never sees `initialize` speaks every revision before the modern one. */
export class LegacyWire implements Wire {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Receive;
  readonly #exchange = new Exchange((message, extra) => this.onmessage?.(message, extra));

  get inFlight(): number {
    return this.#exchange.inFlight;
  }

  dispatch(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    signal?: AbortSignal,
  ): Promise<JsonRpcResponse | undefined> {
    return this.#exchange.dispatch(message, extra, signal);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#exchange.settle(message as JsonRpcResponse);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#exchange.end();
    this.onclose?.();
    return Promise.resolve();
  }
}

import { InFlight } from '@causeway/runtime';
import type { JSONRPCMessage, JSONRPCRequest, MessageExtraInfo, RequestId } from '@modelcontextprotocol/server';

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface JsonRpcResponse {
  id: RequestId;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: JsonRpcError;
}

type Settle = (response: JsonRpcResponse | undefined) => void;

/**
 * Many callers' requests through one long-lived server. Every request gets an id of ours on the way in and its own back on
 * the way out, so that equal ids of different callers never meet. Nothing else is kept.
 */
export class Exchange {
  readonly #deliver: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
  readonly #pending = new InFlight<Settle>();

  constructor(deliver: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void) {
    this.#deliver = deliver;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Undefined when the caller went away first. */
  dispatch(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    signal?: AbortSignal,
  ): Promise<JsonRpcResponse | undefined> {
    return new Promise((resolve) => {
      const id = this.#pending.add((response) => {
        signal?.removeEventListener('abort', leave);
        if (response !== undefined) response.id = message.id;
        resolve(response);
      });
      const leave = () => {
        if (this.#pending.take(id) === undefined) return;
        this.#cancel(id, extra);
        resolve(undefined);
      };
      if (signal?.aborted) {
        leave();
        return;
      }
      signal?.addEventListener('abort', leave, { once: true });
      this.#deliver({ ...message, id }, extra);
    });
  }

  /** What the server sends. Its own requests and notifications have no place in a JSON reply. */
  settle(message: JsonRpcResponse): void {
    if ('method' in message) return;
    this.#pending.take(Number(message.id))?.(message);
  }

  end(): void {
    const left = this.#pending.all();
    this.#pending.clear();
    for (const settle of left) settle(undefined);
  }

  /** Only we may cancel, and only by our own id: a client's notification would name somebody else's call. */
  #cancel(requestId: number, { classification }: MessageExtraInfo): void {
    const params = { requestId, reason: 'the client went away' };
    const message: JSONRPCMessage = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
    this.#deliver(message, classification && { classification });
  }
}

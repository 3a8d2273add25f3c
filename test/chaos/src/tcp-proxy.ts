import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Stands before one server, or before several in turn, and does to their connections what a network does. */
export class TcpProxy {
  readonly #server: Server;
  readonly #targets: readonly number[];
  readonly #sockets = new Set<Socket>();
  readonly #resting = new Set<number>();
  #next = 0;
  #lagMs = 0;
  #isRefusing = false;
  #gate: PromiseWithResolvers<void> | undefined;

  private constructor(targets: readonly number[]) {
    this.#targets = targets;
    this.#server = createServer({ allowHalfOpen: true }, (client) => void this.#serve(client));
  }

  static async start(targets: readonly number[], port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(targets);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Nobody is sent there until `use`: a balancer sends nobody to a process that is not ready. */
  rest(target: number): void {
    this.#resting.add(target);
  }

  use(target: number): void {
    this.#resting.delete(target);
  }

  /** Every piece of a stream comes this much later than the one before it. */
  lag(ms: number): void {
    this.#lagMs = ms;
  }

  /** Connections stay, and nothing comes through them. */
  hold(): void {
    this.#gate ??= Promise.withResolvers();
  }

  /** Every connection of now is reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Whoever connects is turned away. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** As if nothing had been. */
  heal(): void {
    this.#lagMs = 0;
    this.#isRefusing = false;
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async stop(): Promise<void> {
    this.heal();
    const closed = once(this.#server.close(), 'close');
    this.cut();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    const server = this.#isRefusing ? undefined : await this.#reach();
    if (server === undefined || client.destroyed) {
      client.resetAndDestroy();
      server?.destroy();
      return;
    }
    this.#keep(server);
    this.#forward(client, server);
    this.#forward(server, client);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket.setNoDelay(true));
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** The next one in turn that takes the connection. */
  async #reach(): Promise<Socket | undefined> {
    const first = this.#next++;
    for (let n = 0; n < this.#targets.length; n++) {
      const port = this.#targets[(first + n) % this.#targets.length] ?? 0;
      if (this.#resting.has(port)) continue;
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const isThere = once(socket, 'connect').then(
        () => true,
        () => false,
      );
      if (await isThere) return socket;
    }
    return undefined;
  }

  /** Piece after piece, in order, whatever comes between them. */
  #forward(from: Socket, to: Socket): void {
    let before = Promise.resolve();
    const then = (work: () => void) => {
      before = this.#after(before, () => {
        if (!to.destroyed) work();
      });
    };
    from.on('data', (piece: Buffer) => then(() => to.write(piece)));
    from.once('end', () => then(() => to.end()));
    from.once('close', () => {
      // What is broken off at one end is broken off at the other.
      if (!from.readableEnded) to.resetAndDestroy();
    });
  }

  async #after(before: Promise<void>, work: () => void): Promise<void> {
    await before;
    if (this.#lagMs > 0) await delay(this.#lagMs);
    await this.#gate?.promise;
    work();
  }
}

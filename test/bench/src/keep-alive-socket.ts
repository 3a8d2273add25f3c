import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BenchAnswer, BenchRequest } from './bench-case.ts';

const END_OF_HEAD = '\r\n\r\n';

/** One HTTP/1.1 connection with one request under way at a time: as little work as possible, so that the server is what is measured. */
export class KeepAliveSocket {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: BenchAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  static async open(port: number): Promise<KeepAliveSocket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new KeepAliveSocket(socket);
  }

  send(request: Buffer): Promise<BenchAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const parsed = parseAnswer(this.#received);
    if (!parsed) return;
    this.#received = this.#received.subarray(parsed.length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(parsed.answer);
  }
}

/** The bytes of a request, made once and sent many times. */
export function requestBytes({ method, path, headers = {}, body = '' }: BenchRequest, port: number): Buffer {
  const all = { host: `127.0.0.1:${port}`, ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** The first whole answer in the bytes, or undefined while some of it is missing. */
export function parseAnswer(bytes: Buffer): { answer: BenchAnswer; length: number } | undefined {
  const headEnd = bytes.indexOf(END_OF_HEAD);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const start = headEnd + END_OF_HEAD.length;
  const stated = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (stated === undefined)
    return head.includes('\r\ntransfer-encoding: chunked') ? parseChunks(bytes, start, status) : undefined;
  const length = start + Number(stated);
  return bytes.length < length
    ? undefined
    : { answer: { status, body: bytes.toString('utf8', start, length) }, length };
}

function parseChunks(
  bytes: Buffer,
  start: number,
  status: number,
): { answer: BenchAnswer; length: number } | undefined {
  let at = start;
  const parts: Buffer[] = [];
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { answer: { status, body: Buffer.concat(parts).toString() }, length: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

import { connect, type Socket } from 'node:net';

/** A TCP connection that says exactly what it is told, and keeps what it hears. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything heard so far. */
  readonly heard: () => string;
  /** Resolves when what was heard matches. */
  readonly hears: (pattern: RegExp) => Promise<string>;
  /** Resolves with everything when the server has closed. */
  readonly closed: Promise<string>;
}

export function openRaw(port: number): RawConnection {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  let check = (): void => undefined;
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    check();
  });
  // A refused client may see a reset instead of an end: both are a close.
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  const hears = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      check = () => {
        if (pattern.test(text)) resolve(text);
      };
      check();
    });
  return { socket, heard: () => text, hears, closed };
}

/** Sends one message of these lines and returns everything that the server says before it closes. */
export function sayRaw(port: number, ...lines: readonly string[]): Promise<string> {
  const connection = openRaw(port);
  connection.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return connection.closed;
}

import { openRaw } from '@causeway/runtime/testing/raw-http';
import { describe, expect, test } from 'vitest';
import type { SecurityWorld } from '../security-world.ts';

const END = '0\r\n\r\n';

/** What a proxy and a server may read as one request or as two (RFC 9112 §11.2). After each comes the request that was hidden in it. */
const SHAPES: Readonly<Record<string, string>> = {
  'a length and chunks': `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${END}`,
  'chunks and a length': `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${END}`,
  'two lengths': 'Content-Length: 0\r\nContent-Length: 40\r\n\r\n',
  'a list of lengths': 'Content-Length: 0, 0\r\n\r\n',
  'a length with a sign': 'Content-Length: +0\r\n\r\n',
  'a length below nothing': 'Content-Length: -1\r\n\r\n',
  'a length in sixteens': 'Content-Length: 0x0\r\n\r\n',
  'a blank before the colon': 'Content-Length : 0\r\n\r\n',
  'a folded line': 'X-A: 1\r\n Content-Length: 5\r\n\r\n',
  'a folded coding': `Transfer-Encoding:\r\n chunked\r\n\r\n${END}`,
  'a line feed alone': 'X-A: 1\nContent-Length: 0\r\n\r\n',
  'a carriage return alone': 'X-A: 1\rX-B: 2\r\n\r\n',
  'a NUL': 'X-A: 1\0\r\nContent-Length: 0\r\n\r\n',
  'another coding': `Transfer-Encoding: xchunked\r\n\r\n${END}`,
  'chunked, but not last': `Transfer-Encoding: chunked, identity\r\n\r\n${END}`,
  'two codings': `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${END}`,
  'a coding behind a vertical tab': `Transfer-Encoding: \x0bchunked\r\n\r\n${END}`,
  'a chunk’s extension with a line feed': `Transfer-Encoding: chunked\r\n\r\n1;a\nx\r\nx\r\n${END}`,
  'a chunk’s extension without end': `Transfer-Encoding: chunked\r\n\r\n1;a=${'b'.repeat(20_000)}\r\nx\r\n${END}`,
  'a chunk below nothing': `Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n${END}`,
  'a chunk above every number': `Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n${END}`,
  'a chunk that is longer than it says': `Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n${END}`,
};

export function requestSmuggling(started: () => SecurityWorld): void {
  describe('request smuggling', () => {
    // The parser refuses the others whatever it is told.
    // Red when packages/runtime/src/http/listen.ts parses with `insecureHTTPParser`: half of the shapes.
    test.each(Object.entries(SHAPES))(
      '[smuggling] %s: refused, the hidden request is not answered, and the connection ends',
      async (_what, shape) => {
        const world = started();
        const said = await Promise.all(Object.values(world.listeners).map((port) => smuggle(world, port, shape)));
        // Not one answer to what was hidden, which would be a 200. What was refused before its end may be refused twice.
        for (const answers of said) {
          expect(answers[0]).toMatch(/^HTTP\/1\.1 4\d\d$/);
          expect(answers.slice(1).every((answer) => answer === 'HTTP/1.1 400')).toBe(true);
        }
      },
    );

    // Red when packages/runtime/src/http/host-guard.ts takes every target, or every Host.
    test('[smuggling-target] a target with an authority of its own, or a second Host, is refused at every listener', async () => {
      const world = started();
      for (const port of Object.values(world.listeners)) {
        const host = hostOf(world, port);
        const ask = (target: string, ...hosts: string[]) =>
          answersOf(
            port,
            [`GET ${target} HTTP/1.1`, ...hosts.map((one) => `Host: ${one}`), 'Connection: close'].join('\r\n'),
          );
        expect(await ask('/livez', host)).toEqual(['HTTP/1.1 200']);
        expect(await ask(`http://${host}/livez`, host)).toEqual(['HTTP/1.1 421']);
        expect(await ask(`http://evil.example/livez`, host)).toEqual(['HTTP/1.1 421']);
        expect(await ask('/livez', host, 'evil.example')).toEqual(['HTTP/1.1 400']);
        expect(await ask('/livez', 'evil.example')).toEqual(['HTTP/1.1 421']);
        expect(await ask('/livez', `${host}@evil.example`)).toEqual(['HTTP/1.1 421']);
      }
    });
  });
}

/** The name that a listener answers to. */
function hostOf({ mcp: { ports } }: SecurityWorld, port: number): string {
  return `127.0.0.1:${port === ports.obo ? ports.mcp : port}`;
}

function smuggle(world: SecurityWorld, port: number, shape: string): Promise<string[]> {
  const host = hostOf(world, port);
  const path = port === world.mcp.ports.portal ? '/oauth/token' : '/mcp';
  return answersOf(
    port,
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${shape}GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close`,
  );
}

/** The status lines that come until the server closes. */
async function answersOf(port: number, message: string): Promise<string[]> {
  const connection = openRaw(port);
  connection.socket.write(`${message}\r\n\r\n`, 'latin1');
  return (await connection.closed).match(/HTTP\/1\.1 \d{3}/g) ?? [];
}

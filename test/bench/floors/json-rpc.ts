import { createServer } from 'node:http';
import type { StartServer } from '../src/bench-case.ts';
import { helloAnswer } from './hello-answer.ts';
import { listen } from './listen.ts';

/** JSON-RPC by hand: read the body, parse, look, answer. No schema, no session, no protocol check. */
export const startServer: StartServer = () =>
  listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call = JSON.parse(Buffer.concat(chunks).toString()) as Parameters<typeof helloAnswer>[0];
        const body = JSON.stringify(helloAnswer(call));
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
        response.end(body);
      });
    }),
  );

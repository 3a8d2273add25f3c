import { createServer } from 'node:http';
import type { StartServer } from '../src/bench-case.ts';
import { listen } from './listen.ts';

const body = '{"hello":"world"}';

/** The least that Node can do for a request. */
export const startServer: StartServer = () =>
  listen(
    createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    }),
  );

import { createServer } from 'node:http';
import express from 'express';
import type { StartServer } from '../src/bench-case.ts';
import { helloAnswer } from './hello-answer.ts';
import { listen } from './listen.ts';

/** The usual way to write it with Express: its own body parser and `response.json`. */
export const startServer: StartServer = () => {
  const app = express();
  app.set('env', 'production');
  app.use(express.json());
  app.post('/mcp', (request, response) => {
    response.json(helloAnswer(request.body as Parameters<typeof helloAnswer>[0]));
  });
  return listen(createServer(app));
};

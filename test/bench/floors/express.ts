import { createServer } from 'node:http';
import express from 'express';
import type { StartServer } from '../src/bench-case.ts';
import { listen } from './listen.ts';

/** Express as it comes, in its production mode, with one route. */
export const startServer: StartServer = () => {
  const app = express();
  app.set('env', 'production');
  app.get('/hello', (_request, response) => {
    response.json({ hello: 'world' });
  });
  return listen(createServer(app));
};

import { createServer } from 'node:http';
import { listen } from '../../floors/listen.ts';
import type { StartServer } from '../bench-case.ts';

/** Answers the word that it was given, but for every hundredth answer when the word is `sometimes`. */
export const startServer: StartServer = ({ word }) => {
  let answers = 0;
  return listen(
    createServer((_request, response) => {
      answers += 1;
      response.end(word === 'sometimes' && answers % 100 !== 0 ? 'right' : word);
    }),
  );
};

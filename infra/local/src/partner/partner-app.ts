import express, { type ErrorRequestHandler, type Express } from 'express';

import { carriesCredential } from './credential.ts';
import { githubSearch } from './github-search.ts';
import { ordersApi } from './orders-api.ts';

/** The outside world of the demo: another company's API, which knows us by one credential. */
export function createPartnerApp(credential: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    if (carriesCredential(request.headers.authorization, credential)) return next();
    response.status(401).set('WWW-Authenticate', 'Bearer').json({ message: 'Bad credentials', status: '401' });
  });
  app.use('/github', githubSearch());
  app.use('/v1', ordersApi());
  app.use((_request, response) => void response.status(404).json({ message: 'Not Found', status: '404' }));
  app.use(renderError);
  return app;
}

/** Express knows an error by its fourth parameter. Only the status of a body that cannot be read goes out. */
// oxlint-disable-next-line max-params
const renderError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const status = isClientError(error) ? error.status : 500;
  response
    .status(status)
    .json({ message: status === 500 ? 'Server Error' : 'Problems parsing the body', status: String(status) });
};

function isClientError(error: unknown): error is { status: number } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}

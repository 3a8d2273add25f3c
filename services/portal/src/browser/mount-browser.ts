import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import type { Route } from '@causeway/runtime';
import type { Browser } from './browser.ts';
import { pageHandler } from './page-handler.ts';
import { changeConnection, home } from './routes/home-routes.ts';
import { answerInteraction, showInteraction } from './routes/interaction-routes.ts';
import { beginSignIn, endSignIn, findProvider, signOut } from './routes/sign-in-routes.ts';

type PageRoute = (browser: Browser, request: IncomingMessage, response: ServerResponse) => Promise<void>;

const PAGES: readonly (readonly [method: 'get' | 'post', path: `/${string}`, route: PageRoute])[] = [
  ['get', '/', home],
  ['get', '/auth', findProvider],
  ['get', '/auth/:idp/login', beginSignIn],
  ['get', '/auth/:idp/callback', endSignIn],
  ['post', '/auth/logout', signOut],
  ['post', '/connections', changeConnection],
  ['get', '/interaction/:uid', showInteraction],
  ['post', '/interaction/:uid', answerInteraction],
];

export const BROWSER_ROUTES: readonly Route[] = PAGES.map(([method, path]): Route => `${method.toUpperCase()} ${path}`);

export function mountBrowser(app: Express, browser: Browser): void {
  for (const [method, path, route] of PAGES) {
    app[method](
      path,
      pageHandler((request, response) => route(browser, request, response)),
    );
  }
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from '@causeway/core';
import express, { type Express, type Request, type Response } from 'express';
import type { Health } from '../process/create-health.ts';
import type { Networks } from '../network/networks.ts';
import type { Route } from '../metrics/create-metrics.ts';
import { hostGuard, type HostRule, hostsOf, isAddressHost } from './host-guard.ts';
import { limitHeaders } from './limit-headers.ts';
import { observeRequests, type RequestObserver } from './observe-requests.ts';
import { mountOperations, OPERATIONS_ROUTES } from './operations.ts';
import { BODY_BYTES_MAX, limitBody } from './read-body.ts';
import { type Challenge, renderError } from './render-error.ts';
import { securityHeaders } from './security-headers.ts';

export interface AdminAppOptions extends Pick<RequestObserver, 'service' | 'logger' | 'metrics'> {
  readonly health: Health;
}

type Endpoint = `POST /${string}`;
type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HttpAppOptions extends AdminAppOptions {
  /** Their hosts are the ones that are served; every other Host gets 421. */
  readonly publicUrls: readonly [string, ...string[]];
  /** Every route of the service: the closed list of what appears in metrics and logs. */
  readonly routes: readonly Route[];
  /** What is called most: served past Express where method and path are written exactly so, and by Express where they match. */
  readonly endpoints?: Readonly<Record<Endpoint, Serve>>;
  /** Adds the service's other routes. Bodies are theirs to parse, with `readBody` or a parser of Express. */
  readonly mount: (app: Express) => void;
  readonly trustedProxies: Networks;
  /** True when ADMIN_LISTEN serves the details and the metrics. */
  readonly hasAdminListener: boolean;
  readonly bodyBytesMax?: number;
  readonly challenge?: Challenge;
  /** For an endpoint whose only word about the caller's trace is the HTTP header. MCP has its own, in `_meta`. */
  readonly continuesTraces?: boolean;
}

/** The application of a service. The order below is the security order: what stands above cannot be skipped by what follows. */
export function createHttpApp(options: HttpAppOptions): RequestListener {
  const isHttps = options.publicUrls.every((text) => text.startsWith('https:'));
  return compose({
    ...options,
    isHttps,
    hosts: hostsOf(options.publicUrls),
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    detailed: !options.hasAdminListener,
  });
}

/** What ADMIN_LISTEN serves: health in detail and metrics, to whoever comes by address. */
export function createAdminApp(options: AdminAppOptions): RequestListener {
  return compose({
    ...options,
    isHttps: false,
    hosts: isAddressHost,
    routes: [],
    mount: () => undefined,
    trustedProxies: NOBODY,
    bodyBytesMax: 0,
    detailed: true,
  });
}

const NOBODY: Networks = { contains: () => false };

interface Composition extends Omit<HttpAppOptions, 'publicUrls' | 'hasAdminListener'> {
  readonly isHttps: boolean;
  readonly hosts: HostRule;
  readonly bodyBytesMax: number;
  readonly detailed: boolean;
}

function compose(options: Composition): RequestListener {
  const routes = [...OPERATIONS_ROUTES, ...options.routes];
  options.metrics.declareRoutes(routes);
  const { logger } = options;
  const endpoints = new Map(Object.entries(options.endpoints ?? {}));
  const observe = observeRequests({ ...options, routes });
  const checks = [
    securityHeaders(options.isHttps),
    hostGuard(options.hosts),
    limitHeaders,
    limitBody(options.bodyBytesMax),
  ];
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('trust proxy', false);
  for (const [endpoint, serve] of endpoints) app.post(endpoint.slice('POST '.length), serve);
  mountOperations(app, options);
  options.mount(app);
  // A route of its own: without one, Express answers OPTIONS by itself.
  app.use(() => {
    throw new AppError('not_found', 'no route matches');
  });
  const render = renderError(options.challenge);
  return (request, response) => {
    const fail = (thrown: unknown) => {
      try {
        render(thrown, response);
      } catch (error) {
        logger.error('rendering an error failed', { error });
        response.destroy();
      }
    };
    try {
      observe(request, response, () => {
        for (const check of checks) check(request, response);
        const serve = endpoints.get(`${request.method} ${request.url}`);
        if (serve !== undefined) serve(request, response).catch(fail);
        else app(request as Request, response as Response, fail);
      });
    } catch (error) {
      fail(error);
    }
  };
}

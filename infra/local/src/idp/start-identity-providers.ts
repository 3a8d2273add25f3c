import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { isLoopbackHost } from '@causeway/runtime';
import type { JWK } from 'jose';
import type { Provider } from 'oidc-provider';

import { IDP_IDS, type IdpId, PEOPLE, type Person } from '../people.ts';
import { errorCodeOf, StackProblem } from '../stack-problem.ts';
import { auth0Shape } from './auth0-shape.ts';
import { openClientSecret } from './client-secret.ts';
import { createProvider } from './create-provider.ts';
import { entraShape } from './entra-shape.ts';
import { issuerOf } from './issuers.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { oktaShape } from './okta-shape.ts';
import { PAGE_HEADERS } from './pages.ts';
import { answerSignIn } from './sign-in.ts';
import { openSigningKeys, rotateSigningKeys } from './signing-keys.ts';
import type { TokenShape } from './token-shape.ts';
import { workspaceShape } from './workspace-shape.ts';

export interface IdentityProvidersOptions {
  readonly port: number;
  /** Where keys and the portal's client secrets are kept: `<idp>.keys.json` and `<idp>.client-secret`. */
  readonly dir: string;
  readonly host?: string;
  /** Where browsers and services reach the providers; by default the address that they listen on. */
  readonly baseUrl?: string;
  readonly portalUrl?: string;
  /** Who can sign in. Read at every sign-in and refresh: whoever is taken off the list is out. */
  readonly people?: readonly Person[];
}

export interface IdentityProviders {
  readonly baseUrl: string;
  readonly issuers: Readonly<Record<IdpId, string>>;
  readonly clientSecretFiles: Readonly<Record<IdpId, string>>;
  /** Signs with a new key from now on; the one before stays published until the next rotation. */
  rotateKeys(idp: IdpId): Promise<void>;
  close(): Promise<void>;
}

const SHAPES: Readonly<Record<IdpId, TokenShape>> = {
  northwind: auth0Shape,
  fabrikam: oktaShape,
  contoso: entraShape,
  workspace: workspaceShape,
};

const PORTAL_URL = 'http://127.0.0.1:8700';
const REMEMBERED_MAX = 20_000;

/** The demo's four identity providers in one server. They let anybody be anybody, so they only ever speak loopback. */
export async function startIdentityProviders(options: IdentityProvidersOptions): Promise<IdentityProviders> {
  const { host = '127.0.0.1', portalUrl = PORTAL_URL, people = PEOPLE, dir, port } = options;
  requireLoopback(host, portalUrl, ...(options.baseUrl === undefined ? [] : [options.baseUrl]));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const kept = await Promise.all(IDP_IDS.map((idp) => openKept(dir, idp)));

  const server = createServer();
  await listen(server, { host, port });
  const baseUrl = options.baseUrl ?? `http://${host}:${(server.address() as AddressInfo).port}`;
  const mounted = kept.map((one) => mount(one, { baseUrl, portalUrl, people }));
  server.on('request', (request, response) => void answer({ mounted, host: new URL(baseUrl).host, request, response }));

  return {
    baseUrl,
    issuers: recordOf((idp) => issuerOf(idp, baseUrl)),
    clientSecretFiles: recordOf((idp) => clientSecretPath(dir, idp)),
    async rotateKeys(idp) {
      await mounted.find((one) => one.idp === idp)?.rotate();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

interface Kept {
  readonly idp: IdpId;
  readonly keysPath: string;
  readonly keys: readonly JWK[];
  readonly portalSecret: string;
}

interface Mounted {
  readonly idp: IdpId;
  readonly shape: TokenShape;
  readonly people: readonly Person[];
  readonly provider: () => Provider;
  rotate(): Promise<void>;
}

async function openKept(dir: string, idp: IdpId): Promise<Kept> {
  const keysPath = join(dir, `${idp}.keys.json`);
  const portalSecret = openClientSecret(clientSecretPath(dir, idp));
  return { idp, keysPath, portalSecret, keys: await openSigningKeys(keysPath) };
}

function mount(kept: Kept, site: { baseUrl: string; portalUrl: string; people: readonly Person[] }): Mounted {
  const { idp, keysPath, portalSecret } = kept;
  const shape = SHAPES[idp];
  const setup = {
    idp,
    shape,
    issuer: issuerOf(idp, site.baseUrl),
    portalUrl: site.portalUrl,
    portalSecret,
    people: site.people,
    cookieKey: randomBytes(32).toString('base64url'),
    adapter: createMemoryAdapter({ entriesMax: REMEMBERED_MAX, now: Date.now }),
  };
  let { keys } = kept;
  let provider = createProvider({ ...setup, keys });
  return {
    idp,
    shape,
    people: site.people,
    provider: () => provider,
    async rotate() {
      keys = await rotateSigningKeys(keysPath, keys);
      provider = createProvider({ ...setup, keys });
    },
  };
}

interface Exchange {
  readonly mounted: readonly Mounted[];
  readonly host: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer({ mounted, host, request, response }: Exchange): Promise<void> {
  // The providers build their URLs from the Host header, and a foreign one may be a rebound name.
  if (request.headers.host !== host) return refuse(response, 421, 'misdirected request');
  const url = request.url ?? '/';
  const here = mounted.find(({ shape }) => url.startsWith(`${shape.mount}/`));
  if (here === undefined) return refuse(response, 404, 'there is nothing here');
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
  try {
    await serve(here, request, response);
  } catch (error) {
    console.error(`identity provider ${here.idp}: ${error instanceof Error ? error.message : 'unknown failure'}`);
    if (response.headersSent) response.destroy();
    else refuse(response, 500, 'something went wrong here');
  }
}

async function serve(
  { idp, shape, people, provider }: Mounted,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').slice(shape.mount.length);
  if (/^\/interaction\/[\w-]+$/.test(path)) {
    return await answerSignIn({ idp, provider: provider(), people, request, response });
  }
  // As Express does for a mounted application; the provider reads it to build its URLs.
  Object.assign(request, { baseUrl: shape.mount });
  request.url = path === shape.discoveryPath ? '/.well-known/openid-configuration' : path;
  await provider().callback()(request, response);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    if (errorCodeOf(error) !== 'EADDRINUSE') throw error;
    throw new StackProblem(
      `port ${port} of the identity providers is taken`,
      ['End what uses it, or choose another port.'],
      error,
    );
  }
}

function requireLoopback(host: string, ...urls: readonly string[]): void {
  const hosts = [host, ...urls.map((url) => new URL(url).hostname)];
  const outside = hosts.find((name) => !isLoopbackHost(name));
  if (outside !== undefined) {
    throw new StackProblem(`the demo identity providers only speak loopback, not ${outside}`, [
      'They sign anybody in without a password. Use real providers beyond this machine.',
    ]);
  }
}

function clientSecretPath(dir: string, idp: IdpId): string {
  return join(dir, `${idp}.client-secret`);
}

function recordOf(valueOf: (idp: IdpId) => string): Readonly<Record<IdpId, string>> {
  return Object.fromEntries(IDP_IDS.map((idp) => [idp, valueOf(idp)])) as Record<IdpId, string>;
}

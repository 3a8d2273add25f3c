import type { IncomingMessage, ServerResponse } from 'node:http';
import { isScope, SCOPES } from '@causeway/core';
import { countAddress, type CountAddressDeps } from '../attempt/count-address.ts';
import type { CallProvider } from '../provider/call-provider.ts';
import { pageHandler } from '../browser/page-handler.ts';
import { PATHS } from './paths.ts';

export interface AuthorizeDeps extends CountAddressDeps {
  readonly callProvider: CallProvider;
}

/** Of OpenID Connect, which is not spoken here: the library would refuse them, and clients send them by habit. */
const IGNORED = ['nonce', 'claims', 'claims_locales', 'acr_values', 'id_token_hint', 'max_age'];

/** GET /oauth/authorize, and where the library comes back to. */
export function authorizeEndpoint(deps: AuthorizeDeps) {
  return pageHandler(async (request: IncomingMessage, response: ServerResponse) => {
    await countAddress(deps, response);
    request.url = asUnderstood(request.url ?? '/');
    await deps.callProvider(request, response);
  });
}

/** RFC 6749 §3.3: a scope that we do not know is left out; without any, all that the person may have is asked for. */
function asUnderstood(url: string): string {
  const [path = '/', search = ''] = url.split('?');
  if (path !== PATHS.authorize) return url;
  const query = new URLSearchParams(search);
  const asked = (query.get('scope') ?? '').split(' ').filter(isScope);
  if (query.getAll('scope').length <= 1) query.set('scope', (asked.length === 0 ? SCOPES : asked).join(' '));
  for (const name of IGNORED) query.delete(name);
  // The metadata names `query` alone. The library has others, which need a script; one that it does not know it refuses.
  if (query.getAll('response_mode').some((mode) => mode !== 'query')) query.set('response_mode', 'unsupported');
  return `${path}?${query.toString()}`;
}

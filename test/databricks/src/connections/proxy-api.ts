import type { IncomingHttpHeaders } from 'node:http';
import { badParameter } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import type { Principal } from '../oauth/principal.ts';
import type { OutsideApis } from './outside-apis.ts';

const PROXY = '/api/2.0/unity-catalog/connections/{connection}/proxy';
const SCOPE = ['unity-catalog'];

/** The connection proxy: whoever has USE CONNECTION calls the API behind it with its credential, and never sees that. */
export function proxyRoutes(apis: OutsideApis): readonly Route[] {
  const handle = async (request: ApiRequest, principal: Principal) => {
    const name = request.param('connection');
    await apis.checkGrant(name, principal);
    const path = request.url.pathname.split('/proxy').slice(1).join('/proxy');
    if (/(?:^|\/)\.\.?(?:\/|$)/.test(decodeURIComponent(path))) throw badParameter('The path leaves the connection.');
    const { status, contentType, body } = await apis.send(name, {
      method: request.method,
      path,
      search: request.url.search,
      headers: passedOn(request.headers),
      body: request.body.length === 0 ? undefined : request.body,
    });
    return { status, headers: { 'content-type': contentType }, body };
  };
  return [
    { on: `ANY ${PROXY}`, scope: SCOPE, handle },
    { on: `ANY ${PROXY}/{path*}`, scope: SCOPE, handle },
  ];
}

const KEPT_BACK = /^(?:authorization|cookie|x-databricks-.*|host|connection|content-length|transfer-encoding|expect)$/;

function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || KEPT_BACK.test(name) ? [] : [[name, String(value)]],
  );
  return Object.fromEntries(entries);
}

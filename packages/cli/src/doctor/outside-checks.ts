import { isLoopbackHost } from '@causeway/runtime';

import { type Answered, ask, json } from './ask.ts';
import { type DoctorCheck, notChecked, ok, type Verdict, wrong } from './doctor-check.ts';

export interface OutsidePlace {
  readonly portal: string | undefined;
  readonly mcp: string | undefined;
}

/** What clients meet, asked at the public addresses. */
export function outsideChecks({ portal, mcp }: OutsidePlace): DoctorCheck[] {
  const atPortal = (name: string, run: (url: string, signal: AbortSignal) => Promise<Verdict>): DoctorCheck => ({
    name: `portal: ${name}`,
    run: (signal) => (portal === undefined ? unset('PORTAL_PUBLIC_URL') : run(portal, signal)),
  });
  const atMcp = (name: string, run: (url: string, signal: AbortSignal) => Promise<Verdict>): DoctorCheck => ({
    name: `mcp: ${name}`,
    run: (signal) => (mcp === undefined ? unset('MCP_PUBLIC_URL') : run(mcp, signal)),
  });
  return [
    atPortal('issuer', checkIssuer),
    atPortal('keys', checkPublishedKeys),
    atPortal('ready', checkReady),
    atPortal('foreign Host', checkForeignHost('/.well-known/oauth-authorization-server')),
    atPortal('certificate', checkCertificate),
    atPortal('clock', checkClock),
    atPortal('operations', checkOperations),
    atMcp('resource', (url, signal) => checkResource(url, portal, signal)),
    atMcp('challenge', checkChallenge),
    atMcp('ready', checkReady),
    atMcp('foreign Host', checkForeignHost('/.well-known/oauth-protected-resource/mcp')),
    atMcp('forwarded token', checkForwardedToken),
    atMcp('certificate', checkCertificate),
    atMcp('clock', checkClock),
    atMcp('operations', checkOperations),
  ];
}

const unset = (name: string) => Promise.resolve(notChecked(`${name} is not set`));

const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const;

async function checkIssuer(portal: string, signal: AbortSignal): Promise<Verdict> {
  for (const path of METADATA) {
    const answer = await ask(`${portal}${path}`, { signal });
    const { issuer, token_endpoint: tokens, jwks_uri: keys } = json(answer);
    if (answer.status !== 200 || typeof issuer !== 'string') return notOurs(`${path} answers ${answer.status}`);
    if (issuer !== portal) {
      return wrong(
        `${path} says that the issuer is another address than PORTAL_PUBLIC_URL here (${originOf(issuer)})`,
        'every client that compares them, as RFC 8414 wants, refuses to go on; tokens name another issuer than the MCP service expects',
        'give PORTAL_PUBLIC_URL the same value for portal and mcp, letter by letter and without a slash at its end',
      );
    }
    if (![tokens, keys].every((url) => typeof url === 'string' && url.startsWith(`${portal}/`))) {
      return notOurs(`${path} names endpoints at another address`);
    }
  }
  return ok('both metadata documents name the issuer as PORTAL_PUBLIC_URL');
}

async function checkPublishedKeys(portal: string, signal: AbortSignal): Promise<Verdict> {
  const answer = await ask(`${portal}/oauth/jwks`, { signal });
  const { keys } = json(answer);
  if (answer.status !== 200 || !Array.isArray(keys)) return notOurs(`/oauth/jwks answers ${answer.status}`);
  if (keys.length === 0) {
    return wrong(
      'no key is published',
      'no token can be checked',
      'look at PORTAL_KEYS_DIR and `causeway keys create`',
    );
  }
  if (keys.some((key: unknown) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key))) {
    return wrong(
      'the PRIVATE part of a signing key is published',
      'anybody can make tokens that this installation accepts',
      'take the portal off the network now, `causeway keys rotate`, and revoke what was issued',
    );
  }
  return ok(`${keys.length} public key(s)`);
}

async function checkResource(mcp: string, portal: string | undefined, signal: AbortSignal): Promise<Verdict> {
  for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
    const answer = await ask(`${mcp}${path}`, { signal });
    const { resource, authorization_servers: servers } = json(answer);
    if (answer.status !== 200 || typeof resource !== 'string') return notOurs(`${path} answers ${answer.status}`);
    if (resource !== `${mcp}/mcp`) {
      return wrong(
        `${path} names another resource than MCP_PUBLIC_URL with /mcp (${originOf(resource)})`,
        'clients ask for tokens for the wrong place, and refuse those that they get (RFC 9728 §3.3)',
        "give MCP_PUBLIC_URL the public address, and the policy's `resource` the same with /mcp",
      );
    }
    if (portal !== undefined && !(Array.isArray(servers) && servers.length === 1 && servers[0] === portal)) {
      return wrong(
        `${path} does not name PORTAL_PUBLIC_URL as its authorization server`,
        'clients go elsewhere for their tokens, or nowhere',
        'give PORTAL_PUBLIC_URL the same value for portal and mcp',
      );
    }
  }
  return ok('both documents name this resource and the portal');
}

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
const CALL_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

async function checkChallenge(mcp: string, signal: AbortSignal): Promise<Verdict> {
  const answer = await ask(`${mcp}/mcp`, { method: 'POST', headers: CALL_HEADERS, body: CALL, signal });
  if (answer.status < 300) {
    return wrong(
      'a request without a token is answered',
      'ANYBODY can call the tools',
      'take it off the network, and find out who answers there: it is not Causeway, or something adds a token on the way',
    );
  }
  const challenge = answer.headers['www-authenticate'] ?? '';
  if (answer.status !== 401 || !challenge.includes(`resource_metadata="${mcp}/.well-known/`)) {
    return wrong(
      `a request without a token gets ${answer.status}${answer.status === 401 ? ' without the address of the metadata' : ''}`,
      'MCP clients cannot find out where to sign in',
      'let the edge pass 401 and WWW-Authenticate as they are; MCP_PUBLIC_URL must be the address that clients use',
    );
  }
  return ok('401, and it says where the metadata are');
}

function checkForeignHost(path: string) {
  return async (url: string, signal: AbortSignal): Promise<Verdict> => {
    const answer = await ask(`${url}${path}`, { headers: { host: 'not-ours.invalid' }, signal });
    if (answer.status >= 400) return ok(`${answer.status}`);
    return wrong(
      'a request for another host is answered',
      'pages of strangers can reach the service by DNS rebinding, through the browsers of your people',
      'let the edge pass the Host header as it came; the service refuses what is not its own',
    );
  };
}

/** Twice and once: where it is read, two are a 400 and a bad one is a 401; where it is refused both are 400; where the edge removes it both are 401. */
async function checkForwardedToken(mcp: string, signal: AbortSignal): Promise<Verdict> {
  const send = async (...tokens: readonly string[]) => {
    const headers = { ...CALL_HEADERS, 'x-forwarded-access-token': tokens };
    return (await ask(`${mcp}/mcp`, { method: 'POST', headers, body: CALL, signal })).status;
  };
  const [one, two] = [await send('none'), await send('none', 'none')];
  if (one === 400 && two === 400) return ok('refused');
  if (one === 401 && two === 401) return ok('removed on the way');
  return wrong(
    `X-Forwarded-Access-Token is read at the public address (${one}, ${two})`,
    'the listener for the platform’s own proxy is open to everybody who can reach this address',
    'let OBO_LISTEN be reachable for the platform’s proxy alone, and remove the header at the edge (infra/proxy/haproxy.cfg)',
  );
}

async function checkReady(url: string, signal: AbortSignal): Promise<Verdict> {
  const answer = await ask(`${url}/readyz`, { signal });
  if (answer.status === 200) return ok('yes');
  if (answer.status !== 503) return notChecked(`/readyz is not served at the public address (${answer.status})`);
  const { reason } = json(answer);
  return wrong(
    `not ready${typeof reason === 'string' ? `: ${reason}` : ''}`,
    'balancers send it nothing',
    'look at /health on ADMIN_LISTEN, or on the main port where there is none: each dependency has its cause there',
  );
}

const CERTIFICATE_DAYS = 14;

async function checkCertificate(url: string, signal: AbortSignal): Promise<Verdict> {
  if (url.startsWith('http:')) {
    if (isLoopbackHost(new URL(url).hostname)) return notChecked('a local installation, without TLS');
    return wrong(
      'plain http',
      'tokens can be read on the way',
      'end TLS in front of the services, and give the https address',
    );
  }
  const { certificateEndsAt } = await ask(`${url}/.well-known/oauth-authorization-server`, { signal });
  if (certificateEndsAt === undefined) return notChecked('the connection has no certificate to look at');
  const days = Math.floor((certificateEndsAt.getTime() - Date.now()) / 86_400_000);
  if (days >= CERTIFICATE_DAYS) return ok(`good for ${days} days`);
  return wrong(
    `the certificate ends in ${days} days`,
    'nobody gets in after that',
    'renew it, and see why that did not happen by itself',
  );
}

const SKEW_MAX_MS = 5000;

async function checkClock(url: string, signal: AbortSignal): Promise<Verdict> {
  return clockVerdict((await ask(`${url}/.well-known/oauth-authorization-server`, { signal })).skewMs);
}

export function clockVerdict(skewMs: Answered['skewMs']): Verdict {
  if (skewMs === undefined) return notChecked('its answers have no date');
  if (Math.abs(skewMs) <= SKEW_MAX_MS) return ok('agrees with the one of this machine');
  const side = skewMs > 0 ? 'ahead of' : 'behind';
  return wrong(
    `its clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${side} the one of this machine`,
    'beyond 30 s good tokens are refused as not yet valid or expired',
    'let both machines follow the same time servers (NTP)',
  );
}

async function checkOperations(url: string, signal: AbortSignal): Promise<Verdict> {
  if (isLoopbackHost(new URL(url).hostname)) return notChecked('a local installation');
  const answer = await ask(`${url}/metrics`, { signal });
  if (answer.status !== 200) return ok(`/metrics is not public (${answer.status})`);
  return wrong(
    '/metrics is public',
    'strangers see roles, tools and the load of the installation',
    'set ADMIN_LISTEN to an address of the inside, and refuse /metrics at the edge',
  );
}

const notOurs = (what: string) =>
  wrong(
    what,
    'clients cannot find their way',
    'look what answers at this address: the edge, another service, or a process that is starting',
  );

/** Of an address that somebody else says; it could hold anything. */
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : 'no address');

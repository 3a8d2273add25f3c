import type { IncomingMessage } from 'node:http';
import { type PlatformTokenVerifier, type PrincipalTokenVerifier, tokenError } from '@causeway/auth';
import { AppError, type Caller, narrowScopes, Secret } from '@causeway/core';
import { headersNamed, HttpRefusal, type Networks } from '@causeway/runtime';
import { bearerToken, TokenMissing } from './bearer-token.ts';

/** Whoever proved themselves. */
export interface Proven {
  readonly caller: Caller;
  /** What proved them: under OBO the human's own token, also where an agent works for them. */
  readonly credential: Secret;
  readonly clientId: string | undefined;
}

/** Who sends this request. Throws the refusal that HTTP answers; there is no caller without a proof. */
export type Authenticate = (request: IncomingMessage) => Promise<Proven>;

const FORWARDED = 'x-forwarded-access-token';

/** The main port: principal tokens of the portal, and nothing else. */
export function authenticateBearer(tokens: Pick<PrincipalTokenVerifier, 'verify'>): Authenticate {
  return async (request) => {
    // Two proofs of identity in one request are an ambiguity, whichever of them would be believed.
    if (request.headers[FORWARDED] !== undefined) throw new HttpRefusal(400, `${FORWARDED} on the main port`);
    return verifyPrincipal(tokens, bearerToken(request));
  };
}

export interface OboOptions {
  readonly trustedProxies: Networks;
  readonly users: Pick<PlatformTokenVerifier, 'verify'>;
  readonly agents: Pick<PrincipalTokenVerifier, 'verify'>;
  /** Throws what the policy says against an agent or its token: of the two tokens, only the human's goes on with the call. */
  readonly assertStanding: (agent: Caller) => void;
}

/** The on-behalf-of listener: the platform's own user token, from its proxy; and beside it only an agent's own token. */
export function authenticateObo({ trustedProxies, users, agents, assertStanding }: OboOptions): Authenticate {
  return async (request) => {
    const peer = request.socket.remoteAddress ?? '';
    if (!trustedProxies.contains(peer))
      throw new AppError('access_denied', `the socket peer ${peer} is no trusted proxy`);
    const [token, ...more] = headersNamed(request, FORWARDED);
    if (more.length > 0) throw new HttpRefusal(400, `more than one ${FORWARDED}`);
    if (token === undefined) throw new TokenMissing();
    const user = await users.verify(token);
    if (!user.ok) throw tokenError('bearer', user);
    const authorization = bearerToken(request);
    const credential = new Secret(token);
    if (authorization === undefined) return { caller: user.caller, credential, clientId: undefined };
    const { caller: agent, clientId } = await verifyPrincipal(agents, authorization);
    if (agent.pattern !== 'm2m')
      throw new AppError('invalid_token', 'beside a forwarded token there may only be an agent’s');
    assertStanding(agent);
    return { caller: together(user.caller, agent), credential, clientId };
  };
}

async function verifyPrincipal(
  tokens: Pick<PrincipalTokenVerifier, 'verify'>,
  token: string | undefined,
): Promise<Proven> {
  if (token === undefined) throw new TokenMissing();
  const result = await tokens.verify(token);
  if (!result.ok) throw tokenError('bearer', result);
  return { caller: result.caller, credential: new Secret(token), clientId: result.clientId };
}

/** The human, through the agent: what both may, until the first of the two tokens ends. */
function together(human: Caller, agent: Caller): Caller {
  return {
    ...human,
    agent: agent.agent,
    scopes: narrowScopes(human.scopes, agent.scopes),
    expiresAt: human.expiresAt < agent.expiresAt ? human.expiresAt : agent.expiresAt,
  };
}

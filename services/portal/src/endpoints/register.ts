import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, toAppError } from '@causeway/core';
import { readBody, requestContext } from '@causeway/runtime';
import { type Attempt, beginAttempt } from '../attempt/attempt.ts';
import { noteFailure } from '../attempt/note-failure.ts';
import { failureAnswer } from '../attempt/oauth-answer.ts';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { clientDescription, type ClientDescription, redirectProblem } from '../clients/described-client.ts';
import { mayRedirect, NEW_MS, type RegisteredClients } from '../clients/registered-clients.ts';
import type { Identity } from '../identity/identity.ts';
import type { TokenEndpointDeps } from './token.ts';

export interface RegisterDeps extends Pick<TokenEndpointDeps, 'limits' | 'record' | 'now'> {
  readonly identity: Identity;
  readonly registered: RegisteredClients;
}

const BYTES_MAX = 16 * 1024;
const CONFIDENTIAL = ['client_secret_basic', 'client_secret_post'];
const GRANTS = ['authorization_code', 'refresh_token'];

/** POST /oauth/register (RFC 7591): off unless the policy allows hosts, and for those only. */
export function registerEndpoint(deps: RegisterDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { requestId, clientAddress } = requestContext(response);
    const attempt = beginAttempt('client_registered', { requestId, clientAddress, startedAt: deps.now() });
    try {
      const body = await register(deps, request, attempt);
      await deps.record(attempt, undefined);
      send(response, { status: 201, headers: { 'cache-control': 'no-store' }, body });
    } catch (thrown) {
      const error = await recorded(deps, attempt, toAppError(thrown));
      noteFailure(response, error);
      send(response, failureAnswer(error, requestId));
    }
  };
}

async function register(
  { limits, identity, registered, now }: RegisterDeps,
  request: IncomingMessage,
  attempt: Attempt,
) {
  if (identity.document.policy.registration.redirectHosts.length === 0) {
    throw new AppError('not_found', 'the policy allows no dynamic registration');
  }
  const address = attempt.clientAddress ?? 'unknown';
  await limits.count('address', address);
  const description = parse(await readBody(request, BYTES_MAX));
  checkRedirects(identity, description);
  checkUse(description);
  await limits.count('registration', address);
  const { token_endpoint_auth_method: method = 'client_secret_basic' } = description;
  const isConfidential = CONFIDENTIAL.includes(method);
  const client = await registered.register(description, { isConfidential, address });
  attempt.clientId = client.client_id;
  Object.assign(attempt.details, { client_name: client.client_name, redirect_uris: client.redirect_uris });
  const { client_secret: secret } = client;
  const issuedAt = Math.floor(now() / 1000);
  return {
    client_id: client.client_id,
    client_id_issued_at: issuedAt,
    // RFC 7591 §3.2.1: as things stand now. A yes within that time makes it longer, which nobody can tell the client.
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: issuedAt + NEW_MS / 1000 }),
    client_name: client.client_name,
    redirect_uris: client.redirect_uris,
    grant_types: GRANTS,
    response_types: ['code'],
    token_endpoint_auth_method: method,
  };
}

function parse(body: Buffer): ClientDescription {
  try {
    return clientDescription.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new OAuthRefusal('invalid_client_metadata', 'the registration does not fit', { cause: error });
  }
}

function checkRedirects({ document }: Identity, description: ClientDescription): void {
  const problem = description.redirect_uris.map(redirectProblem).find((one) => one !== undefined);
  if (problem !== undefined) throw new OAuthRefusal('invalid_redirect_uri', `a redirect ${problem}`);
  if (mayRedirect(document, description)) return;
  throw new OAuthRefusal('invalid_redirect_uri', 'a redirect is at a host that is not allowed', { denied: true });
}

function checkUse({
  token_endpoint_auth_method: method = 'none',
  grant_types: grants = GRANTS,
  ...rest
}: ClientDescription) {
  const { response_types: responses = ['code'] } = rest;
  const fits =
    ['none', ...CONFIDENTIAL].includes(method) &&
    grants.every((grant) => GRANTS.includes(grant)) &&
    responses.every((one) => one === 'code');
  if (!fits) throw new OAuthRefusal('invalid_client_metadata', 'another use than sign-in by code');
}

async function recorded({ record }: RegisterDeps, attempt: Attempt, error: AppError): Promise<AppError> {
  try {
    await record(attempt, error);
    return error;
  } catch (unrecorded) {
    return toAppError(unrecorded);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

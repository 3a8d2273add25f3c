import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditKind } from '@causeway/audit';
import { toAppError } from '@causeway/core';
import { requestContext } from '@causeway/runtime';
import { noteFailure } from '../attempt/note-failure.ts';
import { type Attempt, beginAttempt } from '../attempt/attempt.ts';
import { failureAnswer } from '../attempt/oauth-answer.ts';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import type { RecordAttempt } from '../attempt/record-attempt.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import { carryAttempt } from '../provider/attempt-of.ts';
import { type CallProvider, withBody } from '../provider/call-provider.ts';
import { JWT_BEARER, TOKEN_EXCHANGE } from '../grants/token-types.ts';
import { INTROSPECT_GRANT, REVOKE_GRANT } from '../grants/own-grants.ts';
import { keepOneCredential } from './one-credential.ts';
import { PATHS } from './paths.ts';
import { readForm, refuseOversized } from './read-form.ts';

export interface TokenEndpointDeps {
  readonly limits: TokenLimits;
  readonly record: RecordAttempt;
  readonly callProvider: CallProvider;
  readonly now: () => number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What comes before the authorization server sees a token request, in this order. It does the rest: client, grant, token. */
export function tokenEndpoint(deps: TokenEndpointDeps): Handler {
  return guarded(deps, (form, attempt) => {
    attempt.kind = KINDS.get(form.get('grant_type') ?? '') ?? 'request_refused';
    refuseOwnGrants(form);
  });
}

/**
 * Revocation and introspection: RFC 7009 §2.1 and RFC 7662 §2.1 want the client to prove itself as at the token endpoint, and
 * there is one place where clients prove themselves. So each is a grant of its own there, which nobody can ask for by name.
 */
export function clientEndpoint(deps: TokenEndpointDeps, { grant, kind }: ClientEndpoint): Handler {
  return guarded(deps, (form, attempt) => {
    attempt.kind = kind;
    form.delete('grant_type');
    form.append('grant_type', grant);
  });
}

export interface ClientEndpoint {
  readonly grant: typeof REVOKE_GRANT | typeof INTROSPECT_GRANT;
  readonly kind: AuditKind;
}

const KINDS: ReadonlyMap<string, AuditKind> = new Map([
  [TOKEN_EXCHANGE, 'token_exchange'],
  [JWT_BEARER, 'token_exchange'],
  ['authorization_code', 'token_exchange'],
  ['refresh_token', 'token_refresh'],
  ['client_credentials', 'agent_token'],
]);

type Prepare = (form: URLSearchParams, attempt: Attempt) => void;

function guarded(deps: TokenEndpointDeps, prepare: Prepare): Handler {
  return async (request, response) => {
    const { requestId, clientAddress } = requestContext(response);
    const attempt = beginAttempt('request_refused', { requestId, clientAddress, startedAt: deps.now() });
    try {
      await deps.limits.count('address', clientAddress ?? 'unknown');
      const form = await readForm(request);
      noteNames(attempt, form.fields);
      prepare(form.fields, attempt);
      refuseOversized(form);
      keepOneCredential(request.headers.authorization, form.fields);
      carryAttempt(response, attempt);
      await deps.callProvider(withBody(request, PATHS.token, form.fields.toString()), response);
    } catch (error) {
      await refuse(deps, { response, attempt, thrown: error });
    }
  };
}

/** Of what the caller sent; none of it is meant to be secret, and a grant that is none may be anything. */
function noteNames(attempt: Attempt, form: URLSearchParams): void {
  attempt.clientId = form.get('client_id')?.slice(0, 200);
  const grantType = form.get('grant_type') ?? '';
  if (KINDS.has(grantType)) attempt.details['grant_type'] = grantType;
  for (const name of ['scope', 'requested_token_type'] as const) {
    const value = form.get(name);
    if (value !== null) attempt.details[name === 'scope' ? 'requested_scope' : name] = value.slice(0, 200);
  }
}

function refuseOwnGrants(form: URLSearchParams): void {
  const isOwn = form.getAll('grant_type').some((name) => name === REVOKE_GRANT || name === INTROSPECT_GRANT);
  if (isOwn) throw new OAuthRefusal('unsupported_grant_type', 'a grant of the inside');
}

interface Refusal {
  readonly response: ServerResponse;
  readonly attempt: Attempt;
  readonly thrown: unknown;
}

async function refuse({ record }: TokenEndpointDeps, { response, attempt, thrown }: Refusal): Promise<void> {
  let error = toAppError(thrown);
  try {
    await record(attempt, error);
  } catch (unrecorded) {
    error = toAppError(unrecorded);
  }
  noteFailure(response, error);
  const { status, headers, body } = failureAnswer(error, attempt.requestId);
  response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

import { type SubjectToken, type SubjectTokenType, tokenError } from '@causeway/auth';
import { mapClaims } from '@causeway/policy';
import { SPAN, withSpan } from '@causeway/runtime';
import { OAuthRefusal, refuseToken } from '../attempt/oauth-refusal.ts';
import type { Connections } from '../consent/connections.ts';
import { type Consents, personKey } from '../consent/consents.ts';
import type { Identity } from '../identity/identity.ts';
import { answerPrincipal } from '../identity/principal-answer.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import type { Grant, GrantRequest, GrantType } from './grant.ts';
import { optionalParameter, requiredParameter } from './parameters.ts';
import { type PlatformAssertionDeps, exchangeForAssertion, isPlatformRequest } from './platform-assertion.ts';
import { checkConsent, proveActor } from './prove-actor.ts';
import { ACCESS_TOKEN_TYPE, shortTokenType, TOKEN_EXCHANGE } from './token-types.ts';

export interface TokenExchangeDeps extends PlatformAssertionDeps {
  readonly identity: Identity;
  readonly consents: Consents;
  readonly limits: TokenLimits;
  readonly connections: Pick<Connections, 'noteAgentToken'>;
}

/** RFC 8693: somebody's token of their own provider, or of an agent that works for them, becomes a principal token. */
export function createTokenExchange(deps: TokenExchangeDeps): GrantType {
  return {
    name: TOKEN_EXCHANGE,
    parameters: [
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'resource',
      'audience',
      'scope',
    ],
    repeatable: ['resource', 'audience'],
    grant: async (request) => {
      request.attempt.kind = 'token_exchange';
      return isPlatformRequest(request) ? exchangeForAssertion(deps, request) : exchangeForPrincipal(deps, request);
    },
  };
}

const exchangeForPrincipal = async (deps: TokenExchangeDeps, request: GrantRequest): ReturnType<Grant> => {
  const { identity, consents, limits, connections } = deps;
  const { parameters, client, attempt } = request;
  checkRequestedType(request);
  checkTarget(identity, request);
  const subject = await proveSubject(identity, request);
  attempt.human = subject.human;
  attempt.isProven = true;
  // First: a person over their own limit must not use up that of everybody who comes through a public client.
  await limits.count('subject', personKey(subject.human));
  if (!client.isConfidential) await limits.count('client', client.id);
  const mapped = mapClaims(identity.document, subject.human, subject.claims);
  if (!mapped.ok) throw refuseToken(mapped.reason);
  const actor = await proveActor({ identity, consents }, request, subject.human);
  const { body, issued } = await answerPrincipal(
    identity,
    {
      principal: mapped.principal,
      human: subject.human,
      agent: actor?.agent,
      agreed: actor?.agreed,
      clientId: client.id,
      notAfter: subject.expiresAt,
      roleScopes: mapped.scopes,
      requested: optionalParameter(parameters, 'scope'),
      proofId: subject.tokenId,
    },
    attempt,
  );
  if (actor !== undefined) {
    await connections.noteAgentToken(subject.human, actor.agent.id, issued);
    // A "no" that came before the token was noted did not find it there.
    await checkConsent({ identity, consents }, actor.agent, subject.human);
  }
  return { ...body, issued_token_type: ACCESS_TOKEN_TYPE };
};

/** RFC 8693 §2.1: what is given out is an access token, and nothing else can be asked for. */
function checkRequestedType({ parameters }: GrantRequest): void {
  const type = optionalParameter(parameters, 'requested_token_type');
  if (type !== undefined && type !== ACCESS_TOKEN_TYPE) {
    throw new OAuthRefusal('invalid_request', 'only an access token can be requested');
  }
}

/** RFC 8707 §2, RFC 8693 §2.2.2: one resource, and it is ours. A token for nobody in particular is not given out. */
function checkTarget({ document }: Identity, { parameters, attempt }: GrantRequest): void {
  const { resource, audience } = parameters;
  if (typeof resource === 'string') attempt.details['resource'] = resource.slice(0, 500);
  if (resource !== document.policy.resource) throw new OAuthRefusal('invalid_target', 'the resource is not ours');
  if (audience !== undefined) throw new OAuthRefusal('invalid_target', 'an audience beside the resource');
}

async function proveSubject({ subjectTokens }: Identity, { parameters, attempt }: GrantRequest): Promise<SubjectToken> {
  const type = subjectTokenType(requiredParameter(parameters, 'subject_token_type'));
  const token = requiredParameter(parameters, 'subject_token');
  const result = await withSpan(SPAN.auth, {}, () => subjectTokens.verify(token, type));
  if (result.ok) return result;
  attempt.details['idp'] = result.idp;
  const error = tokenError('subject_token', result);
  throw error.code === 'invalid_request' ? refuseToken(error.message) : error;
}

const SUBJECT_TYPES: readonly SubjectTokenType[] = ['jwt', 'access_token', 'id_token'];

function subjectTokenType(type: string): SubjectTokenType {
  const known = SUBJECT_TYPES.find((one) => one === shortTokenType(type));
  if (known === undefined) throw new OAuthRefusal('invalid_request', 'the subject token type is not accepted');
  return known;
}

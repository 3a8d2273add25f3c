import { timingSafeEqual } from 'node:crypto';
import { type Answer, json } from '../http/answer.ts';
import type { ApiRequest, OpenRoute } from '../http/route.ts';
import type { ServicePrincipal, Workspace } from '../workspace.ts';
import { checkAssertion, type IssuerKeys } from './federation.ts';
import type { IssuedTokens } from './issued-tokens.ts';
import { WORKSPACE_SCOPES } from './scopes.ts';
import { TokenRefusal } from './token-refusal.ts';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** Of M2M tokens; an exchanged one ends with its assertion. */
const M2M_SECONDS = 3600;

export interface TokenEndpointDeps {
  readonly workspace: Workspace;
  readonly tokens: IssuedTokens;
  readonly keys: IssuerKeys;
}

/** Where the workspace says what it is, and gives tokens out. */
export function oauthRoutes(deps: TokenEndpointDeps): readonly OpenRoute[] {
  const { workspace } = deps;
  return [
    { on: 'GET /.well-known/databricks-config', answer: () => json(hostMetadata(workspace.url)) },
    {
      on: 'GET /oidc/.well-known/oauth-authorization-server',
      answer: () =>
        json({
          authorization_endpoint: `${workspace.url}/oidc/v1/authorize`,
          token_endpoint: `${workspace.url}/oidc/v1/token`,
        }),
    },
    {
      on: 'POST /oidc/v1/token',
      answer: async (request) => {
        try {
          return await answerTokenRequest(deps, request);
        } catch (error) {
          if (error instanceof TokenRefusal) return error.answer;
          throw error;
        }
      },
    },
  ];
}

const hostMetadata = (host: string) => ({
  oidc_endpoint: `${host}/oidc`,
  account_id: '00000000-0000-4000-8000-00000000acc7',
  workspace_id: '8700000000000001',
  cloud: 'aws',
  host_type: 'workspace',
  token_federation_default_oidc_audiences: [`${host}/oidc/v1/token`],
});

async function answerTokenRequest(deps: TokenEndpointDeps, request: ApiRequest): Promise<Answer> {
  const form = new URLSearchParams(request.body.toString('utf8'));
  switch (form.get('grant_type')) {
    case EXCHANGE:
      return exchange(deps, form);
    case 'client_credentials':
      return clientCredentials(deps, form, request.headers.authorization);
    case null:
      throw new TokenRefusal(400, 'invalid_request', 'grant_type is missing.');
    default:
      throw new TokenRefusal(400, 'unsupported_grant_type', 'The grant_type is not supported.');
  }
}

/** RFC 8693 as Databricks has it: no client authentication, and `client_id` says whose policy is meant. */
async function exchange({ workspace, tokens, keys }: TokenEndpointDeps, form: URLSearchParams): Promise<Answer> {
  const token = form.get('subject_token');
  if (token === null) throw new TokenRefusal(400, 'invalid_request', 'subject_token is missing.');
  if (form.get('subject_token_type') !== JWT) {
    throw new TokenRefusal(400, 'invalid_request', 'The subject_token_type is not supported.');
  }
  const client = form.get('client_id');
  if (client === null) {
    throw new TokenRefusal(403, 'access_denied', 'OIDC policy validation failed: no account-wide policy.');
  }
  const principal = workspace.servicePrincipal(client);
  if (principal === undefined) throw new TokenRefusal(401, 'invalid_client', 'The client is not known.');
  const expiresAt = await checkAssertion(token, principal.policies, keys);
  return grant({ tokens, workspace }, { principal, scopes: scopesOf(form, principal), expiresAt });
}

function clientCredentials(
  { workspace, tokens }: TokenEndpointDeps,
  form: URLSearchParams,
  authorization: string | undefined,
): Answer {
  const [id, secret] = basic(authorization) ?? [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
  const principal = workspace.servicePrincipal(id);
  if (principal?.secret === undefined || !isSame(secret, principal.secret)) {
    throw new TokenRefusal(401, 'invalid_client', 'Client authentication failed.');
  }
  const expiresAt = Math.floor(workspace.now() / 1000) + M2M_SECONDS;
  return grant({ tokens, workspace }, { principal, scopes: scopesOf(form, principal), expiresAt });
}

interface Grant {
  readonly principal: ServicePrincipal;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

function grant(
  { tokens, workspace }: Pick<TokenEndpointDeps, 'tokens' | 'workspace'>,
  { principal, scopes, expiresAt }: Grant,
): Answer {
  return json({
    access_token: tokens.issue(principal.application, scopes, expiresAt),
    token_type: 'Bearer',
    scope: scopes.join(' '),
    expires_in: expiresAt - Math.floor(workspace.now() / 1000),
  });
}

function scopesOf(form: URLSearchParams, { application, scopes }: ServicePrincipal): readonly string[] {
  const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (asked.length === 0) throw new TokenRefusal(400, 'invalid_request', 'scope is missing.');
  const unknown = asked.filter((scope) => !WORKSPACE_SCOPES.has(scope));
  if (unknown.length > 0) throw new TokenRefusal(400, 'invalid_scope', `There is no scope ${unknown.join(', ')}.`);
  const refused = asked.filter((scope) => scopes !== undefined && !scopes.includes(scope));
  if (refused.length > 0) {
    const names = refused.map((scope) => `'${scope}'`).join(', ');
    throw new TokenRefusal(403, 'access_denied', `Scopes ${names} are not assigned to the client ${application}.`);
  }
  return asked;
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function basic(authorization: string | undefined): readonly [string, string] | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return [formDecoded(id), formDecoded(secret.join(':'))];
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
const formDecoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

function isSame(offered: string, kept: string): boolean {
  const [one, other] = [Buffer.from(offered), Buffer.from(kept)];
  return one.length === other.length && timingSafeEqual(one, other);
}

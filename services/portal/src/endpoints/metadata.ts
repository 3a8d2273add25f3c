import { SCOPES } from '@causeway/core';
import type { PolicyDocument } from '@causeway/policy';
import type { RequestHandler } from 'express';
import { JWT_BEARER, TOKEN_EXCHANGE } from '../grants/token-types.ts';
import { PATHS } from './paths.ts';

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const PROVEN_METHODS = AUTH_METHODS.filter((method) => method !== 'none');
const SIGNING_ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384', 'EdDSA'];

/** RFC 8414 §2: what is really supported, and nothing else. */
function metadata(issuer: string, { policy }: PolicyDocument): Record<string, unknown> {
  const at = (path: string) => `${issuer}${path}`;
  const hasIdJag = policy.idJag.length > 0;
  return {
    issuer,
    authorization_endpoint: at(PATHS.authorize),
    token_endpoint: at(PATHS.token),
    jwks_uri: at(PATHS.jwks),
    revocation_endpoint: at(PATHS.revoke),
    introspection_endpoint: at(PATHS.introspect),
    ...(policy.registration.redirectHosts.length > 0 && { registration_endpoint: at(PATHS.register) }),
    scopes_supported: SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      TOKEN_EXCHANGE,
      ...(hasIdJag ? [JWT_BEARER] : []),
    ],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: PROVEN_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    code_challenge_methods_supported: ['S256'],
    ...(hasDescribed(policy) && { client_id_metadata_document_supported: true }),
    // RFC 9207 §3.
    authorization_response_iss_parameter_supported: true,
    ...(hasIdJag && { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] }),
    protected_resources: [policy.resource],
  };
}

function hasDescribed({ registration: { metadataHosts, metadataPins } }: PolicyDocument['policy']): boolean {
  return metadataHosts.length > 0 || Object.keys(metadataPins).length > 0;
}

/** Where clients look for the address of every endpoint; some know only the OpenID form of it. */
export function metadataEndpoint(issuer: string, document: () => PolicyDocument): RequestHandler {
  return (_request, response) => {
    response.set('cache-control', 'public, max-age=60').json(metadata(issuer, document()));
  };
}

/** OpenID Connect Discovery §3 requires two members more, although no ID token is given out here. */
export function openidMetadataEndpoint(issuer: string, document: () => PolicyDocument): RequestHandler {
  return (_request, response) => {
    response.set('cache-control', 'public, max-age=60').json({
      ...metadata(issuer, document()),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
  };
}

/** RFC 8693 §3. */
const PREFIX = 'urn:ietf:params:oauth:token-type:';

export const ACCESS_TOKEN_TYPE = `${PREFIX}access_token`;
export const JWT_TYPE = `${PREFIX}jwt`;

/** What comes behind the common prefix, or undefined when it is no token type of the RFC. */
export const shortTokenType = (type: string): string | undefined =>
  type.startsWith(PREFIX) ? type.slice(PREFIX.length) : undefined;

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

import { hash, timingSafeEqual } from 'node:crypto';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';

/**
 * RFC 6749 §2.3.1: one set of credentials. Databricks sends the same ones in the header and in the body, and that is accepted;
 * two that differ are refused, because nobody could say which client asks.
 */
export function keepOneCredential(authorization: string | undefined, form: URLSearchParams): void {
  const hasAssertion = form.has('client_assertion');
  if (hasAssertion && (authorization !== undefined || form.has('client_secret'))) {
    throw new OAuthRefusal('invalid_request', 'an assertion and another credential');
  }
  if (authorization !== undefined) keepHeader(parseBasic(authorization), form);
  else if (!hasAssertion && !form.has('client_id')) throw new OAuthRefusal('invalid_client', 'no client is named');
}

interface Credential {
  readonly id: string;
  readonly secret: string;
}

function keepHeader(header: Credential, form: URLSearchParams): void {
  if (form.getAll('client_id').some((id) => id !== header.id)) {
    throw new OAuthRefusal('invalid_request', 'the header and the body name different clients');
  }
  if (form.getAll('client_secret').some((secret) => !isSame(secret, header.secret))) {
    throw new OAuthRefusal('invalid_request', 'the header and the body hold different secrets', { denied: true });
  }
  form.delete('client_secret');
}

function parseBasic(authorization: string): Credential {
  const [scheme = '', encoded = ''] = authorization.split(' ');
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (scheme.toLowerCase() !== 'basic' || colon < 0) {
    throw new OAuthRefusal('invalid_client', 'the Authorization header holds no credentials of a client');
  }
  try {
    return { id: decode(decoded.slice(0, colon)), secret: decode(decoded.slice(colon + 1)) };
  } catch {
    throw new OAuthRefusal('invalid_client', 'the credentials in the header are not encoded as a form is');
  }
}

/** RFC 6749 §2.3.1: id and secret are encoded as in a form before they are joined. */
const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', '%20'));

/** Takes the same time wherever they differ. */
const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));

import { type Configuration, errors } from 'oidc-provider';

type CheckClientAssertion = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

const LIFETIME_SECONDS_MAX = 300;
const SKEW_SECONDS = 30;
/** RFC 8725 §3.11: a token of ours or of a provider is no assertion of a client. */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt'];

/** What RFC 7523 §3 leaves to us, beside what the library checks: signature, issuer, subject, audience, expiry, single use. */
export function checkClientAssertion(now: () => number): CheckClientAssertion {
  return (_ctx, claims, header) => {
    const nowSeconds = now() / 1000;
    const { typ } = header;
    // One audience: what is good elsewhere too could be replayed by whoever is there.
    if (Array.isArray(claims['aud']) && claims['aud'].length !== 1) throw refused('has several audiences');
    if (claims['sub'] !== claims['iss']) throw refused('is not by the client about itself');
    if (Number(claims['exp']) > nowSeconds + LIFETIME_SECONDS_MAX + SKEW_SECONDS) throw refused('lives too long');
    if (claims['iat'] !== undefined && !(Number(claims['iat']) <= nowSeconds + SKEW_SECONDS)) throw refused('is early');
    if (!TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)) throw refused('is of another type');
  };
}

const refused = (reason: string) => new errors.InvalidClientAuth(`the assertion ${reason}`);

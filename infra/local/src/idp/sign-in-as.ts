import { createHash, randomBytes } from 'node:crypto';

import { z } from 'zod';

import { DEV_CLIENT } from './issuers.ts';
import { PlainBrowser } from './plain-browser.ts';

/** Real tokens of a demo person, the way a native application gets them: authorization code with PKCE, through the sign-in page. */
export async function signInAs({ issuer, email, signal }: SignInAsOptions): Promise<DemoTokens> {
  const endpoints = await discover(issuer, signal);
  const verifier = randomValue();
  const state = randomValue();
  const browser = new PlainBrowser(signal);
  const stopAt = DEV_CLIENT.redirectUri;

  const asked = await browser.open(authorizationUrl(endpoints.authorization_endpoint, { verifier, state }), { stopAt });
  const answered = asked.page?.status === 200 ? await browser.open(asked.url, { form: { email }, stopAt }) : asked;
  if (answered.page !== undefined) {
    throw answered.page.status === 400 && asked !== answered
      ? new SignInFailure('unknown_person', `${issuer} knows nobody by ${email}`)
      : new SignInFailure('refused', `${issuer} answered the sign-in with HTTP ${answered.page.status}`);
  }
  const code = codeOf(new URL(answered.url).searchParams, { issuer, state });
  return redeem(endpoints.token_endpoint, { code, verifier, signal });
}

export interface SignInAsOptions {
  readonly issuer: string;
  readonly email: string;
  readonly signal?: AbortSignal;
}

export interface DemoTokens {
  readonly accessToken: string;
  readonly idToken: string;
}

export type SignInFailureReason = 'unreachable' | 'unknown_person' | 'refused';

export class SignInFailure extends Error {
  override readonly name = 'SignInFailure';
  readonly reason: SignInFailureReason;

  constructor(reason: SignInFailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

const discoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
});

const tokenAnswer = z.object({ access_token: z.string(), id_token: z.string() });

async function discover(issuer: string, signal: AbortSignal | undefined): Promise<z.infer<typeof discoveryDocument>> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, signalOption(signal)).catch((error: unknown) => {
    throw new SignInFailure('unreachable', `nothing answers at ${issuer}`, error);
  });
  if (!response.ok) throw new SignInFailure('refused', `${url} answered HTTP ${response.status}`);
  const document = discoveryDocument.parse(await response.json());
  // OpenID Connect Discovery §4.3: the document speaks for the issuer that was asked, and for nobody else.
  if (document.issuer !== issuer) throw new SignInFailure('refused', `${url} speaks for ${document.issuer}`);
  return document;
}

function authorizationUrl(endpoint: string, { verifier, state }: { verifier: string; state: string }): string {
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: DEV_CLIENT.id,
    redirect_uri: DEV_CLIENT.redirectUri,
    scope: 'openid profile email',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

function codeOf(answer: URLSearchParams, { issuer, state }: { issuer: string; state: string }): string {
  // RFC 9207 §2.4 for `iss`, RFC 6749 §10.12 for `state`.
  if (answer.get('iss') !== issuer || answer.get('state') !== state) {
    throw new SignInFailure('refused', `the answer to the sign-in is not the one that ${issuer} was asked for`);
  }
  const code = answer.get('code');
  if (code === null) throw new SignInFailure('refused', `${issuer} refused: ${answer.get('error') ?? 'no code'}`);
  return code;
}

async function redeem(
  endpoint: string,
  { code, verifier, signal }: { code: string; verifier: string; signal: AbortSignal | undefined },
): Promise<DemoTokens> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: DEV_CLIENT.id,
      redirect_uri: DEV_CLIENT.redirectUri,
      code,
      code_verifier: verifier,
    }),
    ...signalOption(signal),
  });
  if (!response.ok) throw new SignInFailure('refused', `the token endpoint answered HTTP ${response.status}`);
  const { access_token: accessToken, id_token: idToken } = tokenAnswer.parse(await response.json());
  return { accessToken, idToken };
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function randomValue(): string {
  return randomBytes(32).toString('base64url');
}

import { RESOURCE, type PortalWorld } from './portal-world.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';

type Form = Readonly<Record<string, string>>;

/** An absent parameter is written as an empty string, which RFC 6749 §3.2 treats alike. */
export function post(url: string, form: Form | URLSearchParams, headers: Form = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), headers });
}

export interface ExchangeOptions {
  readonly form?: Form;
  readonly headers?: Form;
}

export function exchange(
  { url }: Pick<PortalWorld, 'url'>,
  subjectToken: string,
  { form = {}, headers = {} }: ExchangeOptions = {},
): Promise<Response> {
  const standard = {
    grant_type: TOKEN_EXCHANGE,
    client_id: 'partner-portal',
    subject_token: subjectToken,
    subject_token_type: ACCESS_TOKEN,
    resource: RESOURCE,
  };
  return post(`${url}/oauth/token`, { ...standard, ...form }, headers);
}

export const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export const asSupervisor = ({ supervisorSecret }: PortalWorld) => basic('supervisor', supervisorSecret);

export type TokenBody = Readonly<Record<string, unknown>> & { readonly access_token: string };

export const bodyOf = async (response: Response): Promise<TokenBody> => (await response.json()) as TokenBody;

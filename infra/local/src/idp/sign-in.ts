import type { IncomingMessage, ServerResponse } from 'node:http';

import { errors, type Provider } from 'oidc-provider';

import type { IdpId, Person } from '../people.ts';
import { messagePage, signInPage } from './pages.ts';

export interface SignInRequest {
  readonly idp: IdpId;
  readonly provider: Provider;
  readonly people: readonly Person[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const BODY_BYTES_MAX = 4096;

/** The page between an authorization request and its answer: who are you? Consent is given here too, without asking. */
export async function answerSignIn(signIn: SignInRequest): Promise<void> {
  const { provider, request, response } = signIn;
  try {
    const interaction = await provider.interactionDetails(request, response);
    if (interaction.prompt.name === 'consent') return await giveConsent(signIn, interaction);
    if (request.method === 'POST') return await acceptPerson(signIn, interaction);
    sendPage(response, 200, pageOf(signIn, { typed: stringOf(interaction.params['login_hint']) }));
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    sendPage(response, 400, messagePage('This sign-in is over', 'Go back to the application and start again.'));
  }
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

async function acceptPerson(signIn: SignInRequest, interaction: Interaction): Promise<void> {
  const { idp, provider, people, request, response } = signIn;
  if (interaction.prompt.name !== 'login') throw new Error(`nothing answers the prompt ${interaction.prompt.name}`);
  const body = await readBody(request);
  if (body === undefined) return sendPage(response, 413, messagePage('Too much', 'That was too long.'));
  const email = (new URLSearchParams(body).get('email') ?? '').trim().toLowerCase();
  const person = people.find((candidate) => candidate.idp === idp && candidate.email === email);
  if (person === undefined) {
    const problem = `There is no account ${email} here.`;
    return sendPage(response, 400, pageOf(signIn, { typed: email, problem }));
  }
  // RFC 6749 §10.12 and the interaction cookie: the answer belongs to the browser that asked, because the cookie is SameSite and bound to this path.
  await provider.interactionFinished(request, response, {
    login: { accountId: person.subject, remember: false, amr: ['pwd'] },
  });
}

/** Both clients belong to the company itself, so their scopes are granted without a question. */
async function giveConsent({ provider, request, response }: SignInRequest, interaction: Interaction): Promise<void> {
  const accountId = interaction.session?.accountId;
  if (accountId === undefined) throw new Error('consent without a signed-in person');
  const found = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant = found ?? new provider.Grant({ accountId, clientId: stringOf(interaction.params['client_id']) });
  const scope = stringOf(interaction.params['scope']);
  grant.addOIDCScope(scope);
  grant.addResourceScope(stringOf(interaction.params['resource']), scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

function pageOf({ idp, people }: SignInRequest, { typed, problem }: { typed: string; problem?: string }): string {
  const accounts = people.filter((person) => person.idp === idp);
  return signInPage({ providerName: idp, people: accounts, typed, ...(problem === undefined ? {} : { problem }) });
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

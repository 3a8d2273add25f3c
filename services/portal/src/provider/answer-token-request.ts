import type { ServerResponse } from 'node:http';
import type { PolicyDocument } from '@causeway/policy';
import { requestContext } from '@causeway/runtime';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Attempt } from '../attempt/attempt.ts';
import { noteFailure } from '../attempt/note-failure.ts';
import { failureAnswer, type OAuthAnswer, successAnswer } from '../attempt/oauth-answer.ts';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import type { RecordAttempt } from '../attempt/record-attempt.ts';
import { toAppError } from '@causeway/core';
import { PATHS } from '../endpoints/paths.ts';
import { agentOf } from '../grants/prove-actor.ts';
import { attemptOf } from './attempt-of.ts';
import { refusalOf } from './refusal-of.ts';
import { consumedKeyFor } from './state-adapter.ts';
import type { StateStore } from '../state/state-store.ts';

export interface TokenAnswerDeps {
  readonly record: RecordAttempt;
  /** Takes the place of the token that the library made for a code or a refresh token. */
  readonly principalFor: (ctx: KoaContextWithOIDC, attempt: Attempt) => Promise<OAuthAnswer['body']>;
  readonly store: StateStore;
  readonly document: () => PolicyDocument;
}

/** Stands around the library's token endpoint: what it answers goes out only after it was recorded, and in our words. */
export function answerTokenRequests(provider: Provider, deps: TokenAnswerDeps): void {
  // The library makes a body of what is thrown; the error itself comes by an event.
  const failures = new WeakMap<ServerResponse, { readonly error: unknown }>();
  const keep = (ctx: KoaContextWithOIDC, error: unknown) => failures.set(ctx.res, { error });
  provider.on('grant.error', keep);
  provider.on('server_error', keep);
  provider.use(async (ctx, next) => {
    await next();
    const attempt = attemptOf(ctx.res);
    if (ctx.path !== PATHS.token || attempt === undefined) return;
    const answer = await finish(deps, { ctx: ctx as KoaContextWithOIDC, attempt, failure: failures.get(ctx.res) });
    ctx.status = answer.status;
    ctx.set(answer.headers);
    ctx.body = answer.body;
  });
}

interface Finish {
  readonly ctx: KoaContextWithOIDC;
  readonly attempt: Attempt;
  readonly failure: { readonly error: unknown } | undefined;
}

async function finish(deps: TokenAnswerDeps, { ctx, attempt, failure }: Finish): Promise<OAuthAnswer> {
  try {
    const error = failure && refusalFor(ctx, failure.error);
    noteClient(deps, { ctx, attempt, error });
    if (error !== undefined) throw error;
    const body = isBuiltIn(ctx) ? await deps.principalFor(ctx, attempt) : (ctx.body as OAuthAnswer['body']);
    await deps.record(attempt, undefined);
    return successAnswer(body);
  } catch (error) {
    await giveBack(deps, ctx, attempt).catch(() => undefined);
    return answerFailure(deps, { ctx, attempt, failure: { error } });
  } finally {
    requestContext(ctx.res).caller = attempt.caller;
  }
}

/** What this request used up for an answer that is not given can be used again; what it was to be replaced by is dropped. */
async function giveBack({ store }: TokenAnswerDeps, { oidc }: KoaContextWithOIDC, { startedAt }: Attempt) {
  const { RotatedRefreshToken: rotated, RefreshToken: next } = oidc.entities;
  if (rotated === undefined) return;
  const key = consumedKeyFor('RefreshToken', rotated.jti);
  // An earlier use stays one: then this was the second try within the grace of a lost answer.
  if (Number(await store.get(key)) >= startedAt) await store.delete(key);
  await next?.destroy();
}

async function answerFailure({ record }: TokenAnswerDeps, { ctx, attempt, failure }: Finish): Promise<OAuthAnswer> {
  let error = toAppError(failure?.error);
  try {
    if (error.code !== 'audit_unavailable') await record(attempt, error);
  } catch (unrecorded) {
    // An unrecorded answer is not given, and a "no" is an answer too.
    error = toAppError(unrecorded);
  }
  noteFailure(ctx.res, error);
  return failureAnswer(error, attempt.requestId);
}

function refusalFor(ctx: KoaContextWithOIDC, thrown: unknown) {
  const error = refusalOf(thrown);
  const { client, params } = ctx.oidc;
  const grantType = params?.['grant_type'];
  const mayUse = client === undefined || typeof grantType !== 'string' || client.grantTypeAllowed(grantType);
  // RFC 6749 §5.2 has a code for this, which the library does not use.
  if (mayUse || !(error instanceof OAuthRefusal) || error.error !== 'invalid_request') return error;
  return new OAuthRefusal('unauthorized_client', error.message, { denied: true });
}

interface Noted {
  readonly ctx: KoaContextWithOIDC;
  readonly attempt: Attempt;
  readonly error: unknown;
}

function noteClient({ document }: TokenAnswerDeps, { ctx, attempt, error }: Noted): void {
  const { client } = ctx.oidc;
  attempt.clientId = client?.clientId ?? attempt.clientId;
  const isRefused = error instanceof OAuthRefusal && error.error === 'invalid_client';
  if (client === undefined || client.clientAuthMethod === 'none' || isRefused) return;
  attempt.isProven = true;
  attempt.agent = agentOf(document().policy, client.clientId);
}

const isBuiltIn = ({ oidc }: KoaContextWithOIDC): boolean =>
  ['authorization_code', 'refresh_token'].includes(String(oidc.params?.['grant_type']));

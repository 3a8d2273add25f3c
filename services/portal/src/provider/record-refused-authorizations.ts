import type { ServerResponse } from 'node:http';
import { toAppError } from '@causeway/core';
import { requestContext } from '@causeway/runtime';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { beginAttempt } from '../attempt/attempt.ts';
import { noteFailure } from '../attempt/note-failure.ts';
import type { RecordAttempt } from '../attempt/record-attempt.ts';
import { renderPage } from '../browser/pages/layout.ts';
import { failurePage } from '../browser/page-handler.ts';
import { PATHS } from '../endpoints/paths.ts';
import { refusalOf } from './refusal-of.ts';

export interface RefusedAuthorizationDeps {
  readonly record: RecordAttempt;
  readonly now: () => number;
}

/**
 * Stands around the library's authorization endpoint: a refusal goes out only after it was recorded, as a page or by redirect.
 * The library's events cannot be waited for; its answer can, because nothing is sent before all that stands around it is done.
 */
export function recordRefusedAuthorizations(provider: Provider, deps: RefusedAuthorizationDeps): void {
  const failures = new WeakMap<ServerResponse, { readonly error: unknown }>();
  const keep = (ctx: KoaContextWithOIDC, error: unknown) => failures.set(ctx.res, { error });
  provider.on('authorization.error', keep);
  provider.on('server_error', keep);
  provider.use(async (ctx, next) => {
    const startedAt = deps.now();
    await next();
    const failure = failures.get(ctx.res);
    if (failure === undefined || !ctx.path.startsWith(PATHS.authorize)) return;
    await recordRefusal(deps, ctx as KoaContextWithOIDC, { ...failure, startedAt });
  });
}

interface Failure {
  readonly error: unknown;
  readonly startedAt: number;
}

async function recordRefusal(
  { record }: RefusedAuthorizationDeps,
  ctx: KoaContextWithOIDC,
  { error: thrown, startedAt }: Failure,
): Promise<void> {
  const { client, entities } = ctx.oidc;
  // The person's own "no" is in the trail already, as what it is.
  if (entities.Interaction?.result?.['error'] !== undefined) return;
  const { requestId, clientAddress } = requestContext(ctx.res);
  const attempt = beginAttempt('request_refused', { requestId, clientAddress, startedAt });
  // Of what was sent, this alone, and only where it names a client: a stranger may write a secret into any parameter.
  attempt.clientId = client?.clientId;
  const error = refusalOf(thrown);
  noteFailure(ctx.res, error);
  try {
    await record(attempt, error);
  } catch (unrecorded) {
    answerUnrecorded(ctx, unrecorded);
  }
}

/** An unrecorded answer is not given, and a "no" is an answer too. */
function answerUnrecorded(ctx: KoaContextWithOIDC, unrecorded: unknown): void {
  const error = toAppError(unrecorded);
  noteFailure(ctx.res, error);
  const page = failurePage(error, requestContext(ctx.res).requestId);
  const { headers, text } = renderPage(page);
  ctx.remove('location');
  ctx.status = page.status ?? 500;
  ctx.set(headers);
  ctx.body = text;
}

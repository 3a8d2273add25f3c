import { AppError, Secret } from '@causeway/core';
import { type Dependency, SPAN, withSpan } from '@causeway/runtime';
import { z } from 'zod';
import { readError } from '../http/read-error.ts';
import type { PlatformToken } from './token-cache.ts';

export interface TokenRequest {
  readonly dependency: Dependency;
  readonly tokenEndpoint: string;
  readonly form: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

const granted = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive(),
});

/** One request to the workspace's token endpoint. Whatever it refuses is `exchange_denied`, with its reason for the audit trail. */
export async function requestToken(request: TokenRequest): Promise<PlatformToken> {
  const { dependency, tokenEndpoint, form, headers, now, signal } = request;
  const startedAt = now();
  const response = await withSpan(SPAN.exchange, {}, () =>
    dependency.request({
      url: tokenEndpoint,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
      // It changes nothing there: a second token is as good as the first.
      repeatable: true,
      signal,
    }),
  );
  const { status, body } = response;
  if (status < 200 || status > 299) {
    const { code, message } = readError(status, body);
    throw new AppError(
      'exchange_denied',
      `${dependency.name}: the token endpoint answered ${status} ${code}: ${message}`,
    );
  }
  const parsed = granted.safeParse(parseJson(body));
  if (!parsed.success) throw new AppError('upstream_unavailable', `${dependency.name}: the answer holds no token`);
  const { access_token: token, expires_in: seconds } = parsed.data;
  return { token: new Secret(token), expiresAt: startedAt + seconds * 1000 };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

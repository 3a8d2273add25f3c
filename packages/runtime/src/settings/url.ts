import { z } from 'zod';
import { isLoopbackHost, mayBeLoopbackHost } from '../network/loopback.ts';
import type { About, Variable } from './variable.ts';

const httpUrl = z.string().refine((text) => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '';
});

/** The http(s) URL of something that the process depends on. Kept as it was written: issuers are compared byte by byte. */
export function url(name: string, about: About): Variable<string> {
  return {
    name,
    ...about,
    expects: 'an http or https URL without user and password',
    schema: httpUrl,
    required: true,
    refuse: (value, { deployment }) => (deployment === 'production' ? productionUrlProblem(value) : undefined),
  };
}

/**
 * A base URL under which others reach this deployment: an origin. A process is local as long as every one that it is given
 * is loopback.
 */
export function publicUrl(name: string, about: About): Variable<string> {
  return {
    ...url(name, about),
    expects: 'an origin such as https://gateway.example, with no path, user or query',
    schema: httpUrl.refine((text) => /^https?:\/\/[^/?#]+\/?$/i.test(text)).transform((text) => new URL(text).origin),
    isPublicUrl: true,
  };
}

/** What production has against an http(s) URL, or undefined. */
function productionUrlProblem(text: string): string | undefined {
  const { protocol, hostname } = new URL(text);
  if (mayBeLoopbackHost(hostname)) return 'must not be a loopback URL in production';
  return protocol === 'https:' ? undefined : 'must be an https URL in production';
}

export const isLoopbackUrl = (text: string): boolean => isLoopbackHost(new URL(text).hostname);

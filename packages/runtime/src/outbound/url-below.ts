import { AppError } from '@causeway/core';

/**
 * The URL of an untrusted path and query below a connection's base. A path that could mean anything else to this process,
 * a proxy or the server behind it is refused, not repaired.
 */
export function urlBelow(base: string | URL, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = parseBase(base);
  const problem = problemOfPath(path) ?? problemOfQuery(query);
  if (problem !== undefined) throw refusal(problem);
  if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
  for (const [key, value] of Object.entries(query)) url.searchParams.append(key, value);
  return url;
}

const PATH_MAX_CHARS = 2048;
// RFC 3986 §3.3: segments of pchar. This alone keeps out backslashes, spaces, control characters, "?" and "#".
const PLAIN_PATH = /^\/?(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2}|\/)*$/i;

function problemOfPath(path: string): string | undefined {
  if (path.length > PATH_MAX_CHARS) return `path is longer than ${PATH_MAX_CHARS} characters`;
  if (!PLAIN_PATH.test(path)) return 'path holds characters that must be percent-encoded';
  const segments = path.replace(/^\//, '').split('/');
  // Empty segments make "//host" of a path; the last one is only a closing slash.
  if (segments.slice(0, -1).includes('')) return 'path holds an empty segment';
  return segments.every(isPlainSegment) ? undefined : 'path must stay below the connection';
}

function isPlainSegment(encoded: string): boolean {
  let segment: string;
  try {
    segment = decodeURIComponent(encoded);
  } catch {
    // Not UTF-8, such as %c0%ae, which lax servers read as a dot.
    return false;
  }
  // NFKC, because some servers read a full-width dot or slash as the plain one.
  const read = segment.normalize('NFKC');
  // Still encoded after decoding: a server that decodes twice would see another path than we did.
  if (/[/\\\p{Cc}]|%[\da-f]{2}/iu.test(read)) return false;
  // "..;x" is ".." to servers that cut off path parameters.
  return !/^\.{1,2}\s*(?:;|$)/.test(read.trimStart());
}

function problemOfQuery(query: Readonly<Record<string, string>>): string | undefined {
  const isPlain = Object.entries(query)
    .flat()
    .every((text) => text.isWellFormed() && !/\p{Cc}/u.test(text));
  return isPlain ? undefined : 'query holds control characters';
}

function parseBase(base: string | URL): URL {
  const url = URL.parse(String(base));
  if (url === null || url.username + url.password + url.search + url.hash !== '') {
    throw new AppError('config_invalid', 'the base URL of a connection is not a plain URL');
  }
  return url;
}

function refusal(problem: string): AppError {
  return new AppError('invalid_request', problem, { safeDetail: problem });
}

import { AppError } from '@causeway/core';

/** The URL of an outbound call, or a refusal. Decimal, octal and hex hosts become plain addresses here (WHATWG URL). */
export function checkUrl(name: string, input: string | URL): URL {
  const url = URL.parse(String(input));
  const problem = url === null ? 'not a URL' : problemOf(url);
  if (url === null || problem !== undefined) throw new AppError('upstream_rejected', `${name}: ${problem}`);
  return url;
}

function problemOf(url: URL): string | undefined {
  // Plain http is let through to the connector, which dials it only on a loopback address that the rule lists.
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'the URL is not https';
  if (url.username !== '' || url.password !== '') return 'the URL holds user information';
  // "host." is the same host to DNS and another one to certificates, caches and allow-lists.
  if (url.hostname.endsWith('.')) return 'the host name ends with a dot';
  return undefined;
}

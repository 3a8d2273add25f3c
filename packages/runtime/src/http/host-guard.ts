import type { IncomingMessage } from 'node:http';
import { parseAddress } from '../network/loopback.ts';
import { headersNamed } from './headers-named.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { RequestCheck } from './request-check.ts';

export type HostRule = (host: string) => boolean;

/** The hosts of these public URLs, with and without the port that their scheme implies. */
export function hostsOf(publicUrls: readonly string[]): HostRule {
  const hosts = new Set(
    publicUrls.flatMap((text) => {
      const { host, hostname, port, protocol } = new URL(text);
      return port === '' ? [host, `${hostname}:${protocol === 'https:' ? 443 : 80}`] : [host];
    }),
  );
  return (host) => hosts.has(host.toLowerCase());
}

/** Any address, or localhost: probes and scrapers come by address, and DNS rebinding needs a name. */
export const isAddressHost: HostRule = (host) => {
  const name = host.replace(/:\d{1,5}$/, '');
  return name === 'localhost' || parseAddress(name) !== undefined;
};

/** Lets a request pass only with exactly one Host, and that an allowed one. Stands before everything that reads the host. */
export function hostGuard(allowed: HostRule): RequestCheck {
  return (request) => {
    if (!isOriginForm(request)) throw new HttpRefusal(421, 'the request target is not a path');
    // RFC 9112 §3.2: more than one Host is to be refused.
    const [host, ...more] = headersNamed(request, 'host');
    if (more.length > 0) throw new HttpRefusal(400, 'more than one Host header');
    if (host === undefined || !allowed(host)) throw new HttpRefusal(421, 'the Host is not ours');
  };
}

// RFC 9112 §3.2.2: the authority of an absolute-form target replaces the Host header. We are no proxy: only paths are taken.
const isOriginForm = ({ url }: IncomingMessage): boolean => url?.startsWith('/') === true;

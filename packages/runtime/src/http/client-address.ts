import type { IncomingMessage } from 'node:http';
import { parseAddress } from '../network/loopback.ts';
import type { Networks } from '../network/networks.ts';

/**
 * Who really sent a request. X-Forwarded-For is believed only as far as trusted proxies wrote it: from the right, past the
 * hops that are trusted themselves, to the first that is not.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trusted: Networks): string | undefined {
  let address = peerAddress(socket.remoteAddress);
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined) return address;
  const hops = String(forwarded).split(',');
  while (address !== undefined && trusted.contains(address)) {
    const next = normalize(hops.pop()?.trim());
    if (next === undefined) break;
    address = next;
  }
  return address;
}

/** The system writes IPv4 in one way only; in IPv6 there may be an IPv4 address. */
const peerAddress = (text: string | undefined): string | undefined =>
  text === undefined || text.includes(':') ? normalize(text) : text;

const normalize = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : parseAddress(text)?.toString();

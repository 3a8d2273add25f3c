import { BlockList, isIP, isIPv6 } from 'node:net';

const LOOPBACK = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128', '::ffff:127.0.0.0/104', '::ffff:0.0.0.0/104'];

/** Whether a URL leads to this machine itself. `URL` has already normalised forms such as `127.1` and `0x7f.1`. */
export function isLoopbackUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) === 0) return host === 'localhost' || host.endsWith('.localhost');
  return LOOPBACK.some((range) => inRange(host, range));
}

/** Whether a range of addresses and loopback have an address in common: one of the two holds the other's first. */
export function includesLoopback(range: string): boolean {
  return LOOPBACK.some((loopback) => inRange(baseOf(range), loopback) || inRange(baseOf(loopback), range));
}

function inRange(address: string, range: string): boolean {
  const base = baseOf(range);
  if (isIPv6(base) !== isIPv6(address)) return false;
  const list = new BlockList();
  const prefix = Number(range.slice(range.indexOf('/') + 1));
  list.addSubnet(base, prefix, family(base));
  return list.check(address, family(address));
}

const baseOf = (range: string) => range.slice(0, range.indexOf('/'));

const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

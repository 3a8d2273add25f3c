import ipaddr from 'ipaddr.js';
import { parseAddress } from './loopback.ts';

/** A set of addresses. */
export interface Networks {
  contains(address: string): boolean;
}

/** Networks from a comma-separated list of addresses and CIDRs; undefined when an entry is neither. */
export function parseNetworks(list: string): Networks | undefined {
  const entries = list.split(',').map((entry) => entry.trim());
  const ranges = entries.filter((entry) => entry !== '').map(parseRange);
  if (!ranges.every((range) => range !== undefined)) return undefined;
  return {
    contains: (text) => {
      const address = parseAddress(text);
      return address !== undefined && ranges.some((range) => matches(address, range));
    },
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

function parseRange(entry: string): Range | undefined {
  const [address = '', bits, ...rest] = entry.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [parsed, width];
  // An IPv4 network written inside IPv6 would be read with the wrong prefix length.
  if (address.includes(':') && parsed.kind() === 'ipv4') return undefined;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? [parsed, Number(bits)] : undefined;
}

function matches(address: Address, [network, bits]: Range): boolean {
  if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, bits);
  return network instanceof ipaddr.IPv6 && address.match(network, bits);
}

import { isIP } from 'node:net';
import { AppError } from '@causeway/core';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where a dependency may be: on the public internet, or inside the listed CIDR blocks and nowhere else. */
export type NetworkRule = 'public' | readonly string[];

export interface Network {
  permits(address: string): boolean;
}

export function parseNetwork(rule: NetworkRule): Network {
  if (rule === 'public') return { permits: (address) => isIP(address) !== 0 && isGlobal(ipaddr.parse(address)) };
  const blocks = rule.map(parseBlock);
  return {
    permits: (address) => isIP(address) !== 0 && blocks.some((block) => holds(block, ipaddr.parse(address))),
  };
}

/** The part of a network that may be reached without TLS: this machine, and only where the rule lists it. */
export function loopbackOf(network: Network): Network {
  return { permits: (address) => network.permits(address) && ipaddr.parse(address).range() === 'loopback' };
}

// RFC 4291 §2.4: global unicast is what IANA hands out of 2000::/3. Everything else, such as ::127.0.0.1, is not.
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');
// Azure answers platform requests of a virtual machine on this address, which is public by its number.
const AZURE_PLATFORM = '168.63.129.16';

function isGlobal(address: Address): boolean {
  if (address.range() !== 'unicast' || address.toString() === AZURE_PLATFORM) return false;
  return address.kind() === 'ipv4' || address.match(GLOBAL_IPV6);
}

interface Block {
  readonly network: Address;
  readonly bits: number;
}

function parseBlock(text: string): Block {
  // ipaddr.js reads 010.0.0.0 as octal and 10/8 as 0.0.0.10; Node's strict reader takes neither.
  const [written, bits, ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits ?? '') || isIP(written ?? '') === 0 || !ipaddr.isValidCIDR(text)) {
    throw new AppError('config_invalid', `network: "${text}" is not a CIDR block`);
  }
  const [network, prefix] = ipaddr.parseCIDR(text);
  const family = network.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  if (family.networkAddressFromCIDR(text).toString() !== network.toString()) {
    throw new AppError('config_invalid', `network: "${text}" has bits set behind its prefix`);
  }
  if (family.broadcastAddressFromCIDR(text).range() !== network.range()) {
    throw new AppError('config_invalid', `network: "${text}" spans addresses of different kinds; list them one by one`);
  }
  return { network, bits: prefix };
}

// A block opens addresses of its own kind only, so that a wide one never opens loopback or link-local in its middle.
function holds({ network, bits }: Block, address: Address): boolean {
  return address.kind() === network.kind() && address.match([network, bits]) && address.range() === network.range();
}

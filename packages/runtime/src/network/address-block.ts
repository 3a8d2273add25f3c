const GROUPS = 8;
const BLOCK_GROUPS = 4;

/** What one subscriber has: an IPv4 address, or a whole /64 of IPv6 (RFC 6177), in which a new address costs nothing. */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, GROUPS - before.length - after.length) }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, BLOCK_GROUPS).join(':')}::/64`;
}

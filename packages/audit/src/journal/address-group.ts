const GROUPS = 8;
const GROUPS_OF_NETWORK = 4;

/** Whom limits count: an IPv4 address, or the /64 of an IPv6 address, for whoever has one address there has all of them. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, GROUPS - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  return `${groups.slice(0, GROUPS_OF_NETWORK).join(':')}::/64`;
}

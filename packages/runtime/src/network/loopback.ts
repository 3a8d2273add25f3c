import ipaddr from 'ipaddr.js';

/** The address inside a URL's host name, if it is one: brackets gone, an IPv4 address inside IPv6 unwrapped. */
export function parseAddress(host: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  // Only the canonical notation: "127.1" and "0x7f.1" mean different hosts to different programs.
  const canonical = ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare);
  return canonical ? ipaddr.process(bare) : undefined;
}

/** Certainly this machine. Narrow on purpose, because being loopback lifts requirements. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || parseAddress(host)?.range() === 'loopback';
}

/** Possibly this machine. Wide on purpose, because production refuses what it matches. */
export function mayBeLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  // RFC 6761 §6.3: every name below localhost is loopback.
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const range = parseAddress(name)?.range();
  return range === 'loopback' || range === 'unspecified';
}

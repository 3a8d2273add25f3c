import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { parseNetworks } from '../network/networks.ts';
import { clientAddress } from './client-address.ts';

const trusted = parseNetworks('10.0.0.0/8, fd00::/8');

test.each([
  ['the peer is not trusted: the header is a claim of the client', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
  ['one trusted hop', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['what stands left of the last untrusted hop is a claim', '10.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
  ['two trusted hops', '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['only trusted hops', '10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['rubbish is no address', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
  ['mapped IPv4', '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['IPv6', 'fd00::1', '2001:db8::1', '2001:db8::1'],
])('the address of the client: %s', (_, remoteAddress, forwarded, expected) => {
  const request = { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } };
  expect(clientAddress(request as unknown as IncomingMessage, trusted!)).toBe(expected);
});

import { expect, test } from 'vitest';
import { isLoopbackHost, mayBeLoopbackHost } from './loopback.ts';
import { parseNetworks } from './networks.ts';

test.each([
  ['10.0.0.0/8', '10.9.9.9', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.1.1.1', true],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['10.0.0.0/8, fd00::/8', 'fd00::1', true],
  ['fd00::/8', '10.0.0.1', false],
  ['0.0.0.0/0', '::1', false],
  ['', '127.0.0.1', false],
  ['10.0.0.0/8', 'no address', false],
  ['10.0.0.0/8', '10.1', false],
])('the networks %s and the address %s', (list, address, expected) => {
  expect(parseNetworks(list)?.contains(address)).toBe(expected);
});

test.each(['10.0.0.0/33', '10.0.0/8', 'x', '10.0.0.0/8/8', '10.0.0.0/', 'fd00::/129', '::ffff:10.0.0.0/8'])(
  'refuses the network %s',
  (list) => {
    expect(parseNetworks(list)).toBeUndefined();
  },
);

test.each([
  ['localhost', true, true],
  ['127.9.9.9', true, true],
  ['[::1]', true, true],
  ['x.localhost', false, true],
  ['localhost.', false, true],
  ['0.0.0.0', false, true],
  ['127.1', false, false],
  ['127.0.0.1.example', false, false],
  ['example', false, false],
])('the host %s is certainly loopback: %s, possibly: %s', (host, certainly, possibly) => {
  expect([isLoopbackHost(host), mayBeLoopbackHost(host)]).toEqual([certainly, possibly]);
});

import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { loopbackOf, parseNetwork } from './network.ts';

describe('public', () => {
  const network = parseNetwork('public');

  test.each(['8.8.8.8', '1.1.1.1', '140.82.121.4', '2606:4700:4700::1111', '2a00:1450:4001:80b::200e'])(
    'permits the global address %s',
    (address) => expect(network.permits(address)).toBe(true),
  );

  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'this network'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.100.100.200', 'Alibaba metadata'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'metadata'],
    ['168.63.129.16', 'Azure platform'],
    ['192.0.0.192', 'Oracle metadata'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['198.18.0.1', 'benchmarking'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::7f00:1', 'IPv4-compatible'],
    ['::a00:1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped, whatever it maps'],
    ['::ffff:0:127.0.0.1', 'IPv4-translated'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['64:ff9b:1::a00:1', 'local NAT64'],
    ['2002:7f00:1::', '6to4'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['100::1', 'discard'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'unique local'],
    ['fd00:ec2::254', 'AWS metadata'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'outside 2000::/3'],
  ])('refuses %s (%s)', (address) => expect(network.permits(address)).toBe(false));

  test.each(['', 'localhost', '0x7f.1', '0177.0.0.1', '2130706433', '8.8.8', '8.8.8.8 ', '[::1]', '08.8.8.8'])(
    'refuses what is not an address in plain form: %j',
    (text) => expect(network.permits(text)).toBe(false),
  );

  test('refuses every IPv4 address however it is wrapped into IPv6', () => {
    const wraps = [
      (ip: string) => `::ffff:${ip}`,
      (ip: string) => `::${ip}`,
      (ip: string) => `64:ff9b::${ip}`,
      (ip: string) =>
        `2002:${ipaddr.IPv4.parse(ip)
          .toIPv4MappedAddress()
          .parts.slice(6)
          .map((part) => part.toString(16))
          .join(':')}::`,
    ];
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom(...wraps), (ip, wrap) => {
        expect(isIP(wrap(ip)), wrap(ip)).toBe(6);
        expect(network.permits(wrap(ip)), wrap(ip)).toBe(false);
      }),
    );
  });
});

describe('a list of blocks', () => {
  test('permits what is inside a block and nothing else', () => {
    const network = parseNetwork(['10.20.0.0/16', 'fd12::/48', '203.0.113.7/32']);
    for (const address of ['10.20.0.1', '10.20.255.255', 'fd12::9', '203.0.113.7']) {
      expect(network.permits(address), address).toBe(true);
    }
    for (const address of ['10.21.0.1', '8.8.8.8', '127.0.0.1', 'fd13::1', '203.0.113.8', '::ffff:10.20.0.1', '']) {
      expect(network.permits(address), address).toBe(false);
    }
  });

  test('permits nothing when it is empty', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => !parseNetwork([]).permits(ip)));
  });

  test('a wide block does not open another kind of address in its middle', () => {
    const network = parseNetwork(['100.0.0.0/8', '168.0.0.0/7']);
    expect(network.permits('100.1.2.3')).toBe(true);
    expect(network.permits('100.64.0.1')).toBe(false);
    expect(network.permits('169.254.169.254')).toBe(false);
  });

  test('an address is permitted exactly when it is in the block, for blocks of one kind', () => {
    const ipV4In10 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((rest) => `10.${rest.join('.')}`);
    fc.assert(
      fc.property(ipV4In10, fc.integer({ min: 8, max: 32 }), fc.oneof(ipV4In10, fc.ipV4()), (inside, bits, address) => {
        const block = `${ipaddr.IPv4.networkAddressFromCIDR(`${inside}/${bits}`).toString()}/${bits}`;
        const number = (ip: string) => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
        const size = 2 ** (32 - bits);
        const isInside = Math.floor(number(address) / size) === Math.floor(number(inside) / size);
        expect(parseNetwork([block]).permits(address), `${address} in ${block}`).toBe(isInside);
      }),
    );
  });

  test.each([
    '10.0.0.1',
    '10.0.0.0/33',
    '10/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.1/8',
    'fd12::1/48',
    '0.0.0.0/0',
    '::/0',
    'localhost/8',
    '',
  ])('refuses %j as a block', (block) => {
    expect(() => parseNetwork([block])).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});

test('plain http reaches loopback addresses only, and only where the rule lists them', () => {
  expect(loopbackOf(parseNetwork(['127.0.0.0/8', '10.0.0.0/8'])).permits('127.0.0.1')).toBe(true);
  expect(loopbackOf(parseNetwork(['127.0.0.0/8', '10.0.0.0/8'])).permits('10.0.0.1')).toBe(false);
  expect(loopbackOf(parseNetwork(['10.0.0.0/8'])).permits('127.0.0.1')).toBe(false);
  expect(loopbackOf(parseNetwork('public')).permits('8.8.8.8')).toBe(false);
});

/** The address of a client behind balancers. */
import { describe, expect, test } from 'vitest';
import { balancerTest, balancerTlsReader, clientAddressReader } from '../../src/http/client-address.ts';

const TRUSTED = ['10.0.0.1', '10.1.0.0/16', '2001:db8::1', '2001:db8:1::/48'];

describe('the address of a client', () => {
  test.for([
    ['no balancer', '192.0.2.9', '198.51.100.1', '192.0.2.9'],
    ['a balancer', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a balancer of a network', '10.1.200.3', '198.51.100.1', '198.51.100.1'],
    ["an address outside the balancers' network", '10.2.0.1', '198.51.100.1', '10.2.0.1'],
    ['a balancer in IPv6 form', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['two balancers', '10.0.0.1', '198.51.100.1, 10.1.0.7', '198.51.100.1'],
    ['an address that the client claimed', '10.0.0.1', '203.0.113.5, 198.51.100.1', '198.51.100.1'],
    ['a balancer that the client claimed', '10.0.0.1', '203.0.113.5, 10.1.0.1, 198.51.100.1', '198.51.100.1'],
    ['no header', '10.0.0.1', '', '10.0.0.1'],
    ['nonsense', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['nonsense behind a balancer', '10.0.0.1', '1.2.3.4, nonsense, 10.1.0.7', '10.1.0.7'],
    ['a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['IPv6', '2001:db8::1', '2001:db8:2::9', '2001:db8:2::9'],
    ['IPv6 with a port, and in another notation', '2001:db8:1::5', '[2001:0DB8:2:0::9]:80', '2001:db8:2::9'],
  ] as const)('the address is found: %s', ([, peer, forwarded, address]) => {
    expect(clientAddressReader(TRUSTED)(peer, forwarded)).toBe(address);
  });

  test('a client stays one, and a balancer stays one, however often they are asked about in turns', () => {
    const read = clientAddressReader(TRUSTED);
    for (let count = 0; count < 3; count += 1) {
      expect(read('192.0.2.9', '198.51.100.1')).toBe('192.0.2.9');
      expect(read('192.0.2.9', '198.51.100.1')).toBe('192.0.2.9');
      expect(read('10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
      expect(read('10.1.0.7', '198.51.100.1')).toBe('198.51.100.1');
    }
    const isBalancer = balancerTest(TRUSTED);
    expect(['10.0.0.1', '', '192.0.2.9', '192.0.2.9', '10.0.0.1'].map(isBalancer)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  test('without balancers nothing is read from the header', () => {
    expect(clientAddressReader([])('10.0.0.1', '198.51.100.1')).toBe('10.0.0.1');
    expect(clientAddressReader([])('::ffff:10.0.0.1', '')).toBe('10.0.0.1');
  });
});

describe('TLS in front of a balancer', () => {
  test.for([
    ['a balancer that says https', '10.0.0.1', 'https', false, true],
    ['a balancer that says https in another case', '10.1.2.3', ' HTTPS ', false, true],
    ['a balancer in IPv6 form', '::ffff:10.0.0.1', 'https', false, true],
    ['a balancer that says http', '10.0.0.1', 'http', false, false],
    ['a balancer without the header', '10.0.0.1', '', false, false],
    ['a chain with one hop in clear', '10.0.0.1', 'https, http', false, false],
    ['a chain of https', '10.0.0.1', 'https, https', false, true],
    ['a client that says https itself', '192.0.2.9', 'https', false, false],
    ['a balancer behind a public URL of https', '10.0.0.1', '', true, true],
    ['a client beside the balancers of a public URL of https', '192.0.2.9', 'https', true, false],
  ] as const)('TLS protects a connection by these rules: %s', ([, peer, proto, isPublicTls, isProtected]) => {
    expect(balancerTlsReader(TRUSTED, isPublicTls)(peer, proto)).toBe(isProtected);
  });

  test('without balancers no header and no public URL shows TLS', () => {
    expect(balancerTlsReader([], true)('10.0.0.1', 'https')).toBe(false);
  });
});

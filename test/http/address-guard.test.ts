/** The addresses that the bridge does not connect to. */
import type { lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { guardedLookup, mayReach } from '../../src/http/address-guard.ts';

describe('addresses', () => {
  test.each([
    ['192.0.2.1', true],
    ['10.1.2.3', true],
    ['127.0.0.1', true],
    ['2001:db8::1', true],
    ['::1', true],
    ['fd00::1', true],
    ['169.254.169.254', false],
    ['0.0.0.0', false],
    ['0.1.2.3', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['fe80::1', false],
    ['ff02::1', false],
    ['::ffff:169.254.169.254', false],
    ['::ffff:192.0.2.1', true],
  ])('the address %s may be reached: %s', (address, allowed) => {
    expect(mayReach(address, address.includes(':') ? 6 : 4)).toBe(allowed);
  });
});

describe('a lookup', () => {
  /** Resolves every name to these addresses. */
  const resolver = (...addresses: readonly string[]) =>
    ((_name: string, _options: object, callback: (error: Error | null, found: object[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as typeof lookup;

  function run(addresses: readonly string[], all: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      guardedLookup(resolver(...addresses))('name', { all }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      );
    });
  }

  test('a lookup gives one address or all of them, as it is asked', async () => {
    expect(await run(['192.0.2.1', '192.0.2.2'], false)).toBe('192.0.2.1');
    expect(await run(['192.0.2.1'], true)).toEqual([{ address: '192.0.2.1', family: 4 }]);
  });

  test.each([true, false])('a lookup fails when any address may not be reached (all: %s)', async (all) => {
    await expect(run(['192.0.2.1', '169.254.169.254'], all)).rejects.toThrow('not allowed');
  });
});

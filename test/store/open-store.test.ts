import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { ConfigError, StoreError } from '../../src/errors.ts';
import { loadOrCreateKey } from '../../src/store/key-file.ts';
import { loadNonceKey, openStore } from '../../src/store/open-store.ts';
import { keyFromText, SecretBox } from '../../src/store/secret-box.ts';
import { cacheRow, deviceRecord } from './values.ts';

const CACHE_BYTES = 1_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openStore', () => {
  test('a relative path counts from the folder of the configuration', async () => {
    await (await openStore({ url: 'sqlite:data/dmbridge.db' }, folder, CACHE_BYTES)).close();
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['dmbridge.db', 'dmbridge.db.key']);
  });

  test('a store in memory leaves nothing behind', async () => {
    await (await openStore({ url: 'sqlite::memory:' }, folder, CACHE_BYTES)).close();
    expect(await loadNonceKey({ url: 'sqlite::memory:' }, folder)).toHaveLength(32);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the bound of the MO cache is the one that is given', async () => {
    const rows = [cacheRow('a', 'v', 'x'.repeat(100)), cacheRow('b', 'v', 'x'.repeat(1_000))];
    const store = await openStore({ url: 'sqlite::memory:' }, folder, CACHE_BYTES);
    await store.commit(parseDevId('IMEI:1'), 0, { record: deviceRecord('IMEI:1'), cacheWritten: rows });
    const values = await Promise.all(
      rows.map(({ key, validator }) => store.readCache(parseDevId('IMEI:1'), key, validator)),
    );
    expect(values).toEqual([rows[0]?.value, undefined]);
    await store.close();
  });

  test.for([
    ['redis://127.0.0.1:6379/0', /^store: redis: is not built yet$/],
    ['rediss://127.0.0.1:6379/0', /^store: rediss: is not built yet$/],
    ['mysql://x', /^store: must be sqlite:/],
    ['data/dmbridge.db', /^store: must be sqlite:/],
    ['sqlite:', /^store: must be sqlite:/],
  ] as const)('%s is a configuration error that names the key', async ([url, message]) => {
    const opening = openStore({ url }, folder, CACHE_BYTES);
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(message);
  });
});

describe('key files', () => {
  test('made once, read again, for the owner alone', () => {
    const file = join(folder, 'sub', 'a.key');
    const key = loadOrCreateKey(file);
    expect(key).toHaveLength(32);
    expect(Buffer.from(loadOrCreateKey(file)).equals(key)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'sub'))).toEqual(['a.key']);
    expect(Buffer.from(loadOrCreateKey(join(folder, 'b.key'))).equals(key)).toBe(false);
  });

  test('the nonce key is another one than the store key', async () => {
    const location = { url: 'sqlite:x.db' };
    await (await openStore(location, folder, CACHE_BYTES)).close();
    const nonceKey = await loadNonceKey(location, folder);
    expect(Buffer.from(nonceKey).equals(await loadNonceKey(location, folder))).toBe(true);
    expect(Buffer.from(nonceKey).equals(loadOrCreateKey(join(folder, 'x.db.key')))).toBe(false);
  });

  test.for(['', 'too short', 'A'.repeat(44)])('a file that holds no key is refused: "%s"', (text) => {
    const file = join(folder, 'a.key');
    writeFileSync(file, text);
    expect(() => loadOrCreateKey(file)).toThrow(StoreError);
  });

  test('a file that cannot be read is refused', () => {
    const file = join(folder, 'a.key');
    // A folder in its place cannot be read by anybody, whoever runs the test.
    mkdirSync(file);
    expect(() => loadOrCreateKey(file)).toThrow(StoreError);
  });
});

describe('SecretBox', () => {
  const box = new SecretBox(new Uint8Array(32).fill(7));

  test('opens what it sealed, and seals the same text differently each time', () => {
    const sealed = box.seal('gehäim', 'a');
    expect(box.open(sealed, 'a')).toBe('gehäim');
    expect(Buffer.from(sealed).equals(box.seal('gehäim', 'a'))).toBe(false);
    expect(box.open(box.seal('', 'a'), 'a')).toBe('');
  });

  test('refuses another key, another context and every changed byte', () => {
    const sealed = box.seal('secret', 'a');
    expect(() => new SecretBox(new Uint8Array(32)).open(sealed, 'a')).toThrow(StoreError);
    expect(() => box.open(sealed, 'b')).toThrow(StoreError);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => box.open(changed, 'a')).toThrow(StoreError);
    }
    expect(() => box.open(sealed.subarray(0, 20), 'a')).toThrow(StoreError);
  });

  test('a text gives always the same key of 32 bytes', () => {
    expect(keyFromText('x')).toHaveLength(32);
    expect(keyFromText('x')).toEqual(keyFromText('x'));
    expect(keyFromText('x')).not.toEqual(keyFromText('y'));
  });
});

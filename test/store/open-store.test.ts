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
  test('a key is made once, read again, and readable by its owner alone', () => {
    const file = join(folder, 'sub', 'a');
    const key = loadOrCreateKey(file, 'store');
    expect(key).toHaveLength(32);
    expect(Buffer.from(loadOrCreateKey(file, 'store')).equals(key)).toBe(true);
    expect(statSync(`${file}.key`).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'sub'))).toEqual(['a.key']);
    expect(Buffer.from(loadOrCreateKey(join(folder, 'b'), 'store')).equals(key)).toBe(false);
  });

  test('the nonce key is another one than the store key', async () => {
    const location = { url: 'sqlite:x.db' };
    await (await openStore(location, folder, CACHE_BYTES)).close();
    const nonceKey = await loadNonceKey(location, folder);
    expect(Buffer.from(nonceKey).equals(await loadNonceKey(location, folder))).toBe(true);
    expect(Buffer.from(nonceKey).equals(loadOrCreateKey(join(folder, 'x.db'), 'store'))).toBe(false);
  });

  test.for(['', 'too short', 'A'.repeat(44)])('a key file that holds no key is refused: "%s"', (text) => {
    writeFileSync(join(folder, 'a.key'), text);
    expect(() => loadOrCreateKey(join(folder, 'a'), 'store')).toThrow(StoreError);
  });

  test.for(['', '[]x', '7', '{"store":"short"}'])('a file of both keys that holds no key is refused: %s', (text) => {
    writeFileSync(join(folder, 'a.keys'), text);
    expect(() => loadOrCreateKey(join(folder, 'a'), 'store')).toThrow(StoreError);
  });

  test('a key file that cannot be read is refused with the reason', () => {
    // A folder in its place cannot be read by any user.
    mkdirSync(join(folder, 'a.key'));
    expect(() => loadOrCreateKey(join(folder, 'a'), 'store')).toThrow(/a\.key cannot be used \(EISDIR\)/);
  });

  test('the file of both keys counts where a key has no file of its own', () => {
    const [store, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    writeFileSync(
      join(folder, 'a.keys'),
      JSON.stringify({ store: store.toString('base64'), nonce: nonce.toString('base64') }),
    );
    expect(Buffer.from(loadOrCreateKey(join(folder, 'a'), 'store'))).toEqual(store);
    expect(Buffer.from(loadOrCreateKey(join(folder, 'a'), 'nonce'))).toEqual(nonce);
    const own = Buffer.alloc(32, 3);
    writeFileSync(join(folder, 'a.key'), own.toString('base64'));
    expect(Buffer.from(loadOrCreateKey(join(folder, 'a'), 'store'))).toEqual(own);
    expect(readdirSync(folder).sort()).toEqual(['a.key', 'a.keys']);
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

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { LargeTexts } from '../../src/store/large-texts.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { deviceRecord, dmSession, southSession } from './values.ts';

const MEGABYTES = 'large '.repeat(900_000);

function sessionWith(data: string) {
  const queue = [{ id: 'd1', name: 'Replace' as const, items: [{ target: './X', data }] }];
  return dmSession('IMEI:1', { south: { ...southSession('IMEI:1'), queue } });
}

describe('LargeTexts', () => {
  test('takes large texts out of the JSON and puts them back', () => {
    const packed = new LargeTexts().pack(sessionWith(MEGABYTES));
    expect(packed.json.length).toBeLessThan(10_000);
    expect([...packed.texts.values()]).toEqual([MEGABYTES]);
    const unpacked = new LargeTexts().unpack(packed.json, (name) => packed.texts.get(name) ?? '');
    expect(unpacked).toEqual(sessionWith(MEGABYTES));
  });

  test('takes out a text that is a little longer than 8 192 characters, also of a session that had such texts', () => {
    const text = 'x'.repeat(8_193);
    for (const hadTexts of [false, true]) {
      expect([...new LargeTexts().pack(sessionWith(text), hadTexts).texts.values()]).toEqual([text]);
      expect(new LargeTexts().pack(sessionWith(text.slice(1)), hadTexts).texts.size).toBe(0);
    }
  });

  test('leaves small sessions as they are', () => {
    const session = sessionWith('small');
    expect(new LargeTexts().pack(session)).toEqual({ json: JSON.stringify(session), texts: new Map() });
  });

  test('does not take a text for a reference', () => {
    const session = sessionWith('\u0000large:abc');
    const { json, texts } = new LargeTexts().pack(session);
    expect(new LargeTexts().unpack(json, (name) => texts.get(name) ?? 'wrong')).toEqual(session);
  });

  test('reads a text again only when it is no longer in memory', () => {
    const large = new LargeTexts();
    const { json, texts } = large.pack(sessionWith(MEGABYTES));
    const [name = ''] = texts.keys();
    const reads: string[] = [];
    const read = (wanted: string): string => {
      reads.push(wanted);
      return MEGABYTES;
    };
    large.unpack(json, read);
    expect(reads).toEqual([]);
    large.drop(name);
    large.unpack(json, read);
    expect(reads).toEqual([name]);
  });

  test('gives back what it was given', () => {
    const value = fc.dictionary(
      fc.string(),
      fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(MEGABYTES), fc.integer(), fc.boolean()),
    );
    fc.assert(
      fc.property(value, (session) => {
        const { json, texts } = new LargeTexts().pack(session);
        expect(new LargeTexts().unpack(json, (name) => texts.get(name) ?? '')).toEqual(
          JSON.parse(JSON.stringify(session)),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('a session with a large object in the store', () => {
  test('comes back whole, and leaves nothing behind when the object is done', async () => {
    const store = openSqliteStore({ file: ':memory:' });
    await store.upsert(parseDevId('IMEI:1'), () => deviceRecord('IMEI:1'));
    await store.commit(parseDevId('IMEI:1'), 1, { session: sessionWith(MEGABYTES) });
    expect((await store.load(parseDevId('IMEI:1')))?.state.session).toEqual(sessionWith(MEGABYTES));
    await store.commit(parseDevId('IMEI:1'), 2, { session: sessionWith(`${MEGABYTES}!`) });
    expect((await store.load(parseDevId('IMEI:1')))?.state.session).toEqual(sessionWith(`${MEGABYTES}!`));
    await store.commit(parseDevId('IMEI:1'), 3, { session: sessionWith('done') });
    expect((await store.load(parseDevId('IMEI:1')))?.state.session).toEqual(sessionWith('done'));
    await store.commit(parseDevId('IMEI:1'), 4, { session: sessionWith(MEGABYTES) });
    await store.commit(parseDevId('IMEI:1'), 5, { session: null });
    expect((await store.load(parseDevId('IMEI:1')))?.state.session).toBeUndefined();
    await store.close();
  });
});

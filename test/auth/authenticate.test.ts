import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuthDecision } from '../../src/auth/auth-decision.ts';
import type { AuthInput } from '../../src/auth/auth-input.ts';
import { authenticate } from '../../src/auth/authenticate.ts';
import { challengeNonce } from '../../src/auth/challenge-nonce.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import { credentialForms, digest, parseBase64 } from '../../src/dm1/digest.ts';
import type { Chal, Cred } from '../../src/syncml/message.ts';

const DEVICE = parseDevId('IMEI:493005100592800');
const USER = 'Bruce2';
const FORMS = credentialForms(USER, 'OhBehave');
const FRESH = Buffer.from('fresh nonce bytes').subarray(0, 16);
const FRESH_TEXT = FRESH.toString('base64');
const SLOT = 5 * 60_000;
const NOW = 4_000_000 * SLOT + 1_000;

const RECORD: DeviceRecord = {
  devId: DEVICE,
  credentials: FORMS,
  values: {},
  facts: { list: 'Struct' },
  miids: {},
  pendingExecs: [],
  accountValues: {},
  nextSeq: 1,
};

/** The session of a user, which the message belongs to without credentials. */
const boundTo = (user: string) => ({ session: { user, isBound: true } });
/** The session of a user, which the message only names. */
const naming = (user: string) => ({ session: { user, isBound: false } });

type Facts = Partial<Omit<AuthInput, 'header'>> & { cred?: Cred; locName?: string; devId?: string };

function decide({ cred, locName, devId = DEVICE, ...more }: Facts = {}): AuthDecision {
  const source = locName === undefined ? { locUri: devId } : { locUri: devId, locName };
  return authenticate({
    header: cred === undefined ? { source } : { source, cred },
    record: RECORD,
    statuses: { withCred: 212, withoutCred: 200 },
    accept: ['md5', 'basic'],
    nonceKey: Buffer.from('nonce key'),
    now: NOW,
    freshNonce: () => FRESH,
    ...more,
  });
}

const basicCred = (user = USER, password = 'OhBehave'): Cred => ({
  meta: { type: 'syncml:auth-basic', format: 'b64' },
  data: Buffer.from(`${user}:${password}`).toString('base64'),
});

function md5Cred(nonce: string, password = 'OhBehave', type = 'syncml:auth-md5'): Cred {
  const bytes = parseBase64(nonce) ?? Buffer.alloc(0);
  return { meta: { type, format: 'b64' }, data: digest('md5', credentialForms(USER, password).md5, bytes) };
}

function challenged(result: AuthDecision): Chal {
  if (result.kind === 'accepted' || result.chal === undefined) throw new TypeError('no challenge');
  return result.chal;
}

const nonceOf = (result: AuthDecision): string => challenged(result).meta.nextNonce ?? '';

/** The record after an accepted message was committed. */
function committed(result: AuthDecision, record: DeviceRecord = RECORD): DeviceRecord {
  if (result.kind === 'refused') throw new TypeError('not accepted');
  return { ...record, ...result.changes };
}

describe('refused messages', () => {
  test('a message without credentials gets 407 and a challenge of the preferred type with a nonce of 16 bytes', () => {
    const result = decide();
    expect(result).toEqual({
      kind: 'refused',
      code: 407,
      wrong: false,
      chal: { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: nonceOf(result) } },
    });
    expect(parseBase64(nonceOf(result))).toHaveLength(16);
  });

  const basicChal = { meta: { type: 'syncml:auth-basic', format: 'b64' } };
  test.for([
    ['a wrong password in Basic', { cred: basicCred(USER, 'wrong') }, basicChal],
    ['Basic of another user', { cred: basicCred('Bruce3') }, basicChal],
    ['MD5 where only Basic is accepted', { cred: md5Cred('AAAA'), accept: ['basic'] }, basicChal],
    [
      'a wrong password and a type in other case and with white space',
      { cred: { ...basicCred(USER, 'x'), meta: { type: ' SYNCML:AUTH-BASIC ' } } },
      basicChal,
    ],
  ] as const)('%s is refused with 401 and a challenge for Basic', ([, facts, chal]) => {
    expect(decide(facts)).toEqual({ kind: 'refused', code: 401, wrong: true, chal });
  });

  test.for([
    ['a wrong password', { cred: md5Cred(nonceOf(decide()), 'wrong') }],
    ['a nonce never issued', { cred: md5Cred('AAAAAAAAAAAAAAAAAAAAAA==') }],
    ['an empty nonce', { cred: md5Cred('') }],
    ['a LocName of another user', { cred: md5Cred(nonceOf(decide())), locName: 'Bruce3' }],
    ['an unknown type', { cred: { meta: { type: 'syncml:auth-X509' }, data: 'AA==' } }],
    ['a Cred without type', { cred: { data: FORMS.basic } }],
    ['SHA-256, which is not accepted', { cred: { ...basicCred(), meta: { type: 'syncml:auth-SHA256' } } }],
  ] as const)('%s is refused with 401 and a challenge for MD5', ([, facts]) => {
    const result = decide(facts);
    expect(result).toMatchObject({ kind: 'refused', code: 401, wrong: true });
    expect(challenged(result).meta).toEqual({ type: 'syncml:auth-md5', format: 'b64', nextNonce: nonceOf(result) });
  });

  test('a right Cred of a type that is not accepted is refused', () => {
    expect(decide({ cred: basicCred(), accept: ['md5'] })).toMatchObject({ kind: 'refused', code: 401 });
    const nonce = nonceOf(decide());
    expect(decide({ cred: md5Cred(nonce), accept: ['basic'] })).toMatchObject({ kind: 'refused', code: 401 });
  });

  test("a device's own list of schemes replaces the configured one", () => {
    const record = { ...RECORD, credentials: { ...FORMS, accept: ['basic'] } };
    expect(decide({ record })).toMatchObject({ code: 407, chal: { meta: { type: 'syncml:auth-basic' } } });
    expect(decide({ record, cred: basicCred() })).toMatchObject({ kind: 'accepted' });
    expect(decide({ record, cred: md5Cred(nonceOf(decide())) })).toMatchObject({ code: 401 });
  });
});

describe('devices that are not registered', () => {
  test.for([
    ['without Cred', {}],
    ['with Basic', { cred: basicCred() }],
    ['with MD5', { cred: md5Cred('AAAA') }],
    ['with an unknown type', { cred: { meta: { type: 'x' }, data: '' } }],
  ] as const)(
    'a message %s of an unregistered device gets the same answer as one of a registered device with wrong credentials',
    ([, facts]) => {
      const unregistered = decide({ ...facts, record: undefined });
      const known = decide({ ...facts, record: { ...RECORD, credentials: credentialForms('other', 'other') } });
      expect(unregistered).toEqual(known);
    },
  );

  test('an unregistered device is never accepted, even with the credentials that it is compared with', () => {
    const nonce = nonceOf(decide({ record: undefined }));
    const replacement = credentialForms('unregistered', 'unregistered');
    for (const bytes of [parseBase64(nonce) ?? Buffer.alloc(0), Buffer.from('unregistered')]) {
      const cred = { meta: { type: 'syncml:auth-md5' }, data: digest('md5', replacement.md5, bytes) };
      expect(decide({ record: undefined, cred, locName: 'unregistered' }).kind).toBe('refused');
    }
    expect(
      decide({ record: undefined, cred: basicCred('unregistered', 'unregistered'), ...boundTo('unregistered') }).kind,
    ).toBe('refused');
    expect(decide({ record: undefined, ...boundTo('unregistered') }).kind).toBe('refused');
  });
});

describe('challenge nonces', () => {
  test('a challenge has the same nonce within a slot and another one in the next slot', () => {
    const start = NOW - 1_000;
    expect(decide({ now: start })).toEqual(decide({ now: start + SLOT - 1 }));
    expect(nonceOf(decide({ now: start + SLOT }))).not.toBe(nonceOf(decide({ now: start })));
  });

  test('challenge nonces differ by device and key, and not by the case of the device', () => {
    const nonces = [
      nonceOf(decide()),
      nonceOf(decide({ devId: 'IMEI:1' })),
      nonceOf(decide({ nonceKey: Buffer.from('another key') })),
      nonceOf(decide({ record: { ...RECORD, usedNonce: 'AAAA' } })),
    ];
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(nonceOf(decide({ devId: DEVICE.toLowerCase() }))).toBe(nonces[0]);
  });

  test('two devices or two used nonces never lead to the same challenge nonce', () => {
    const key = Buffer.from('k');
    const at = (devId: string, usedNonce: string) => challengeNonce(key, { devId: parseDevId(devId), usedNonce }, NOW);
    fc.assert(
      fc.property(fc.string(), fc.base64String(), fc.string(), fc.base64String(), (a, x, b, y) => {
        fc.pre(a.trim().toLowerCase() !== b.trim().toLowerCase() || x !== y);
        fc.pre(!`${a}${b}`.includes('\0'));
        expect(at(a, x)).not.toBe(at(b, y));
      }),
    );
  });

  test.for([
    ['in its own slot', 'accepted', 0],
    ['in the next slot', 'accepted', SLOT],
    ['in the slot after that', 'refused', 2 * SLOT],
    ['in the slot before its own', 'refused', -SLOT],
  ] as const)('a digest with a challenge nonce %s is %s', ([, kind, later]) => {
    expect(decide({ cred: md5Cred(nonceOf(decide())), now: NOW + later }).kind).toBe(kind);
  });

  test('a challenge nonce is good once: after acceptance the same Cred is refused with another challenge', () => {
    const nonce = nonceOf(decide());
    const record = committed(decide({ cred: md5Cred(nonce) }));
    const again = decide({ record, cred: md5Cred(nonce) });
    expect(again).toMatchObject({ kind: 'refused', code: 401 });
    expect(nonceOf(again)).not.toBe(nonce);
    const third = committed(decide({ record, cred: md5Cred(nonceOf(again)) }), record);
    for (const old of [nonce, nonceOf(again)]) {
      expect(decide({ record: third, cred: md5Cred(old) }).kind).toBe('refused');
    }
  });
});

describe('accepted messages', () => {
  test('Basic gets 212 and changes nothing', () => {
    expect(decide({ cred: basicCred() })).toEqual({
      kind: 'accepted',
      verdict: { status: 212 },
      changes: {},
      scheme: 'basic',
    });
  });

  test('Basic is accepted whatever LocName says', () => {
    expect(decide({ cred: basicCred(), locName: 'someone' }).kind).toBe('accepted');
  });

  test('MD5 gets 212 with the next nonce, which is stored beside the used one', () => {
    const nonce = nonceOf(decide());
    const expected = {
      kind: 'accepted',
      verdict: { status: 212, chal: { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: FRESH_TEXT } } },
      changes: { clientNonce: FRESH_TEXT, usedNonce: nonce },
      scheme: 'md5',
    };
    expect(decide({ cred: md5Cred(nonce), locName: USER })).toEqual(expected);
    expect(decide({ cred: md5Cred(nonce) })).toEqual(expected);
    expect(decide({ cred: md5Cred(nonce), locName: ' ' })).toEqual(expected);
    expect(decide({ cred: md5Cred(nonce, 'OhBehave', ' SyncML:AUTH-md5') })).toEqual(expected);
  });

  test('SHA-256 is accepted under its configured type name', () => {
    const facts = { accept: ['sha256'], sha256Type: 'x:sha' };
    const nonce = nonceOf(decide(facts));
    const data = digest('sha256', FORMS.sha256, parseBase64(nonce) ?? Buffer.alloc(0));
    expect(decide({ ...facts, cred: { meta: { type: 'X:sha' }, data } })).toMatchObject({
      verdict: { status: 212, chal: { meta: { type: 'x:sha', nextNonce: FRESH_TEXT } } },
      changes: { usedNonce: nonce },
    });
  });

  test('the stored nonce counts once at any time, and the slot nonce counts beside it', () => {
    const record = { ...RECORD, clientNonce: 'c3RvcmVk', usedNonce: 'dXNlZA==' };
    const result = decide({ record, cred: md5Cred('c3RvcmVk'), now: NOW + 90 * 24 * 3_600_000 });
    expect(result).toMatchObject({ changes: { clientNonce: FRESH_TEXT, usedNonce: 'c3RvcmVk' } });
    expect(decide({ record: committed(result, record), cred: md5Cred('c3RvcmVk') }).kind).toBe('refused');
    expect(decide({ record: committed(result, record), cred: md5Cred(FRESH_TEXT) }).kind).toBe('accepted');
    expect(decide({ record, cred: md5Cred(nonceOf(decide({ record }))) }).kind).toBe('accepted');
  });

  test('the nonce used last is refused even when it is still stored', () => {
    const record = { ...RECORD, clientNonce: 'dXNlZA==', usedNonce: 'dXNlZA==' };
    expect(decide({ record, cred: md5Cred('dXNlZA==') }).kind).toBe('refused');
  });

  test('a decision leaves its input unchanged', () => {
    const record = Object.freeze({ ...RECORD, facts: Object.freeze({ ...RECORD.facts }) });
    expect(decide({ record, cred: md5Cred(nonceOf(decide())) }).kind).toBe('accepted');
  });
});

describe('a device that hashes the text of the nonce', () => {
  const textCred = (nonce: string) => ({
    meta: { type: 'syncml:auth-md5' },
    data: digest('md5', FORMS.md5, Buffer.from(nonce)),
  });

  test('a device that hashes the text of the nonce is accepted, and the fact is stored beside its other facts', () => {
    const nonce = nonceOf(decide());
    const result = decide({ cred: textCred(nonce) });
    expect(result).toMatchObject({ verdict: { status: 212 }, changes: { usedNonce: nonce } });
    expect(committed(result).facts).toEqual({ list: 'Struct', nonceAsText: true });
    const next = decide({ record: committed(result), cred: textCred(FRESH_TEXT) });
    expect(next).toMatchObject({ kind: 'accepted' });
    expect(next).not.toHaveProperty('changes.facts');
  });

  test('a device that hashes the bytes of the nonce again has that stored as a fact', () => {
    const record = { ...RECORD, facts: { nonceAsText: true } };
    const result = decide({ record, cred: md5Cred(nonceOf(decide())) });
    expect(committed(result, record).facts).toEqual({ nonceAsText: false });
  });
});

describe('in an authenticated session', () => {
  const record = { ...RECORD, clientNonce: FRESH_TEXT, usedNonce: 'dXNlZA==' };
  const inSession = { record, ...boundTo(USER) };
  const REPEATED = { kind: 'accepted', verdict: { status: 212 }, changes: {}, scheme: 'md5' };

  test('a message without Cred gets 200 in an authenticated session', () => {
    expect(decide(inSession)).toEqual({ kind: 'accepted', verdict: { status: 200 }, changes: {} });
  });

  test('a message without Cred gets 407 when the session belongs to another user', () => {
    expect(decide({ record, ...boundTo('Bruce3') })).toMatchObject({ kind: 'refused', code: 407 });
  });

  test('a repeated Cred is accepted in its session without a change, and refused outside of it', () => {
    const cred = md5Cred('dXNlZA==');
    expect(decide({ ...inSession, cred })).toEqual(REPEATED);
    expect(decide({ record, cred })).toMatchObject({ kind: 'refused', code: 401 });
    expect(decide({ record, cred, ...boundTo('Bruce3') })).toMatchObject({ kind: 'refused', code: 401 });
    expect(decide({ record, cred, ...naming(USER) })).toMatchObject({ kind: 'refused', code: 401 });
  });

  test('a repeated Cred over the text of the nonce is accepted in its session', () => {
    const data = digest('md5', FORMS.md5, Buffer.from('dXNlZA=='));
    const cred = { meta: { type: 'syncml:auth-md5' }, data };
    expect(decide({ ...inSession, cred })).toEqual(REPEATED);
  });

  test('a Cred with the next nonce is accepted in the session and gets another next nonce', () => {
    const next = new Uint8Array(16).fill(9);
    const moved = Buffer.from(next).toString('base64');
    expect(decide({ ...inSession, cred: md5Cred(FRESH_TEXT), freshNonce: () => next })).toMatchObject({
      verdict: { status: 212, chal: { meta: { nextNonce: moved } } },
      changes: { clientNonce: moved, usedNonce: FRESH_TEXT },
    });
  });

  test.for([
    ['another user with MD5', { cred: md5Cred('dXNlZA=='), locName: 'Bruce3' }],
    ['another user with MD5 and an older nonce', { cred: md5Cred('b2xkZXI='), locName: 'Bruce3' }],
    ['another user with Basic', { cred: basicCred('Bruce3') }],
    ['a wrong password with Basic', { cred: basicCred(USER, 'wrong') }],
  ] as const)('%s is refused with 401 in an authenticated session', ([, facts]) => {
    expect(decide({ ...inSession, ...facts })).toMatchObject({ kind: 'refused', code: 401, wrong: true });
  });

  const stale = { cred: md5Cred('b2xkZXI=') };
  const chal = { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: FRESH_TEXT } };

  test('a digest with a nonce older than the last changes nothing in the session that the message is bound to', () => {
    expect(decide({ ...inSession, ...stale })).toEqual({ kind: 'accepted', verdict: { status: 212 }, changes: {} });
    const lost = decide({ ...inSession, ...stale, record: RECORD });
    expect(lost).toEqual({ kind: 'accepted', verdict: { status: 212 }, changes: {} });
  });

  test('a digest that changes nothing gets the nonce that counts next where the status is 200', () => {
    const statuses = { withCred: 200, withoutCred: 200 } as const;
    for (const cred of [stale.cred, md5Cred('dXNlZA==')]) {
      expect(decide({ ...inSession, cred, statuses })).toMatchObject({ verdict: { status: 200, chal }, changes: {} });
    }
    const { clientNonce: _, ...without } = record;
    const challenge = decide({ ...inSession, ...stale, statuses, record: without });
    expect(challenge).toMatchObject({
      verdict: { chal: { meta: { nextNonce: nonceOf(decide({ record: without })) } } },
    });
  });

  test.for([
    ['no credentials', {}, 407],
    ['a digest with a nonce older than the last', stale, 401],
    ['the digest of an earlier message', { cred: md5Cred('dXNlZA==') }, 401],
    ['a wrong password with Basic', { cred: basicCred(USER, 'wrong') }, 401],
  ] as const)('a message that only names a session is refused when it has %s', ([, facts, code]) => {
    const strange = decide({ record, ...naming(USER), ...facts });
    expect(strange).toMatchObject({ kind: 'refused', code });
    expect(strange).toEqual(decide({ record, ...facts }));
  });

  test('a message that only names a session is accepted with credentials of its user', () => {
    expect(decide({ record, ...naming(USER), cred: md5Cred(FRESH_TEXT) }).kind).toBe('accepted');
    expect(decide({ record, ...naming(USER), cred: basicCred() }).kind).toBe('accepted');
  });

  test.for(['hmac-md5', 'http-digest', 'tls'] as const)(
    'a message that only names a session by %s is challenged as if there were none',
    (scheme) => {
      const accept = ['md5', 'basic', 'hmac-md5', 'http-digest', 'tls'];
      const session = { user: USER, scheme, isBound: false };
      expect(decide({ record, accept, session })).toEqual(decide({ record, accept }));
      expect(decide({ record, accept, session, cred: basicCred(USER, 'x') })).toEqual(
        decide({ record, accept, cred: basicCred(USER, 'x') }),
      );
      expect(decide({ record, accept, session, cred: basicCred() }).kind).toBe('refused');
    },
  );

  test('Basic in every message of a session gets 212 each time', () => {
    expect(decide({ ...inSession, cred: basicCred() })).toMatchObject({ verdict: { status: 212 }, changes: {} });
  });
});

/** The section `notifications`, and the part of `north` that concerns backends. */
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';
import { SERVER_CERT, SERVER_KEY } from '../support/certificates.ts';
import { folderWith } from '../support/mappings.ts';
import { MINIMAL, parse, problemsOf } from './config-folder.ts';

const notifications = (text: string) => parse(`${MINIMAL}notifications: { ${text} }`).notifications;
const deliver = (text: string) => notifications(`deliver: [{ ${text} }]`).deliver[0];

describe('notifications', () => {
  test('every documented default is there', () => {
    expect(parse(MINIMAL).notifications).toEqual({
      format: 'auto',
      serverId: 'legacy-dm',
      uiMode: 'background',
      transport: 'unspecified',
      requestedMos: ['urn:oma:mo:oma-dm-devdetail:1.1'],
      targetedMos: [],
      connectReason: undefined,
      vendorInfo: undefined,
      validFor: 86_400_000,
      repeatAfter: [300_000, 1_800_000, 7_200_000],
      version12: 11,
      joinedDigest13: false,
      deliver: [
        { name: 'wap', type: 'wap' },
        { name: 'http', type: 'http', http: { timeout: 10_000, tls: undefined, credentials: undefined } },
      ],
    });
  });

  test('the Server-ID is that of the south by default', () => {
    expect(parse(`${MINIMAL}south: { serverId: own }`).notifications.serverId).toBe('own');
    expect(notifications('serverId: other').serverId).toBe('other');
  });

  test('validFor may be as long as TIMEOUT can say, and repetitions are sorted', () => {
    expect(notifications('validFor: 65535m').validFor).toBe(65_535 * 60_000);
    expect(notifications('repeatAfter: [2h, 5s]').repeatAfter).toEqual([5_000, 7_200_000]);
    expect(notifications('repeatAfter: []').repeatAfter).toEqual([]);
  });

  test('a push proxy gateway has its URL, address and credentials', () => {
    const text =
      'type: pap, url: "http://ppg/", address: "WAPPUSH={msisdn}/TYPE=PLMN@ppg", user: u, password: p, timeout: 3s, tls: { ca: ca.pem }';
    expect(deliver(text)).toMatchObject({
      name: 'pap',
      url: 'http://ppg/',
      address: 'WAPPUSH={msisdn}/TYPE=PLMN@ppg',
      http: { timeout: 3_000, credentials: { user: 'u', password: 'p' }, tls: { minVersion: 'TLSv1.2' } },
    });
  });

  test.each([
    ['query: { to: "{to}", text: "{data:bytes}" }', 'GET', 'query'],
    ['form: { to: "{to}" }', 'POST', 'form'],
    ['json: { to: ["{to}"] }, method: PUT', 'PUT', 'json'],
  ])('an SMS gateway with %s is asked by %s', (text, method, kind) => {
    expect(deliver(`type: sms, url: "http://sms/", accepted: "^0:", ${text}`)).toMatchObject({
      method,
      template: { kind },
      accepted: '^0:',
    });
  });

  test.each([
    ['format: 1.3', /^3: notifications\.format: must be one of auto, 1\.2, 1\.3/],
    ['validFor: 65536m', '3: notifications.validFor: must be a duration between 1s and 65535m'],
    ['validFor: 500ms', '3: notifications.validFor: must be a duration between 1s and 65535m'],
    ['repeatAfter: [x]', /^3: notifications\.repeatAfter\[0\]: must be a duration/],
    ['version12: 13', /^3: notifications\.version12: must be one of 10, 11, 12/],
    ['requestedMos: []', /^3: notifications\.requestedMos: must NOT have fewer than 1 items/],
    ['requestedMos: [70000]', /^3: notifications\.requestedMos\[0\]: must be <= 65535/],
    [`serverId: ${'x'.repeat(256)}`, '3: notifications.serverId: must be at most 255 bytes of UTF-8'],
    [`vendorInfo: ${'x'.repeat(4_096)}`, '3: notifications.vendorInfo: must be at most 4095 bytes of UTF-8'],
    [
      'requestedMos: [1, 2, 3, 4], targetedMos: [5, 6], connectReason: x',
      '3: notifications: a notification of DM 1.3 would have 8 options, but it can have 7: fewer MOs or texts',
    ],
    ['deliver: []', '3: notifications.deliver: must name at least one way of delivery'],
    [
      'deliver: [{ type: wap }, { name: wap, type: http }]',
      '3: notifications.deliver[1].name: there is another way of delivery with the name "wap"',
    ],
    [
      'deliver: [{ type: wap, url: "http://x/" }]',
      '3: notifications.deliver[0].url: is no key of a way of delivery of the type wap',
    ],
    [
      'deliver: [{ type: pap, url: "http://x/", address: me }]',
      '3: notifications.deliver[0].address: must have {msisdn}',
    ],
    ['deliver: [{ type: pap, address: "{msisdn}" }]', '3: notifications.deliver[0]: must have url'],
    [
      'deliver: [{ type: sms, url: "http://x/" }]',
      '3: notifications.deliver[0]: must have exactly one of query, form, json',
    ],
    [
      'deliver: [{ type: sms, url: "http://x/", json: { a: ["{number}"] } }]',
      '3: notifications.deliver[0].json: there is no placeholder {number} here',
    ],
    [
      'deliver: [{ type: sms, url: "http://x/", json: { a: "{data:bytes}" } }]',
      '3: notifications.deliver[0].json: there is no placeholder {data:bytes} here',
    ],
    [
      'deliver: [{ type: sms, url: "http://x/", form: { a: b }, method: GET }]',
      '3: notifications.deliver[0].method: a GET has no form',
    ],
    [
      'deliver: [{ type: sms, url: "http://x/", form: { a: b }, accepted: "(" }]',
      '3: notifications.deliver[0].accepted: must be a regular expression',
    ],
    ['deliver: [{ type: http, user: u }]', '3: notifications.deliver[0].password: is required by user'],
    ['deliver: [{ type: http, user: "a:b", password: p }]', '3: notifications.deliver[0].user: must not hold a colon'],
  ] satisfies readonly [string, string | RegExp][])('a section is refused: %s', (text, expected) => {
    const [first] = problemsOf(`${MINIMAL}notifications: { ${text} }`);
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('check warns of a Server-ID that Android phones refuse', () => {
    const warningsOf = (bytes: number) => {
      const text = `${MINIMAL}notifications: { serverId: ${'x'.repeat(bytes)} }`;
      return checkConfig(`${folderWith({ 'c.yaml': text })}/c.yaml`, {}).warnings;
    };
    expect(warningsOf(23)).toEqual([]);
    expect(warningsOf(24)).toEqual([expect.stringContaining('3: warning: notifications.serverId: Android phones')]);
  });
});

describe('north', () => {
  const folder = () => folderWith({ 'key.pem': SERVER_KEY, 'cert.pem': SERVER_CERT, 'ca.pem': SERVER_CERT });
  const tls = (dir: string) => `tls: { key: ${dir}/key.pem, cert: ${dir}/cert.pem, clientCa: ${dir}/ca.pem }`;

  test('a listener for backends has TLS and a proof', () => {
    const dir = folder();
    const { north } = parse(`${MINIMAL}north: { listen: "0.0.0.0:1", auth: { type: mtls }, ${tls(dir)} }`);
    expect(north).toMatchObject({ auth: { type: 'mtls' }, tls: { cert: SERVER_CERT, minVersion: 'TLSv1.2' } });
    const basic = parse(`${MINIMAL}north: { auth: { type: basic, user: u, password: "p:q" }, notificationMaxAge: 1m }`);
    expect(basic.north).toMatchObject({
      auth: { type: 'basic', user: 'u', password: 'p:q' },
      tls: undefined,
      notificationMaxAge: 60_000,
    });
  });

  test.each([
    ['auth: { type: basic }', '3: north.auth.user: is required by auth.type basic'],
    ['auth: { type: basic, user: "a:b", password: p }', '3: north.auth.user: must not hold a colon'],
    [
      'auth: { type: mtls }',
      "3: north.auth.type: mtls requires north.tls.clientCa, which signs the backends' certificates",
    ],
    ['notificationMaxAge: soon', /^3: north\.notificationMaxAge: must be a duration/],
  ] satisfies readonly [string, string | RegExp][])('a listener is refused: %s', (text, expected) => {
    const [first] = problemsOf(`${MINIMAL}north: { ${text} }`);
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });
});

/** Sessions by client certificate, and the rule that leads from certificates to devices (`south.auth.certificate`). */
import { describe, expect, test } from 'vitest';
import { type CertificateRule, type ClientCertificate, certifiedDevIds } from '../../src/auth/certificate-rule.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  statusesIn,
  tokenOf,
} from '../bridge/bridge-under-test.ts';
import { packageOne, readAnswer, reply, syncml } from '../e2e/scripted-device.ts';

const certificate = (more: Partial<ClientCertificate>): ClientCertificate => ({
  subjectCN: [],
  sanUri: [],
  sanDns: [],
  ...more,
});

describe('the certificate rule', () => {
  test.for([
    ['the common name itself', 'subjectCN', '{devId}', ['IMEI:1'], ['IMEI:1']],
    ['text before the DevID', 'sanUri', 'urn:{devId}', ['urn:IMEI:1', 'https://vendor.example/'], ['IMEI:1']],
    [
      'text after the DevID, in any case',
      'sanDns',
      '{devId}.Devices.example.com',
      ['imei-1.devices.EXAMPLE.com'],
      ['imei-1'],
    ],
    ['dots that are only dots', 'sanDns', '{devId}.a.example', ['x.aQexample'], []],
    ['an expression with a group', 'subjectCN', 'device ([^ ]+)( of .*)?', ['device IMEI:1 of Example'], ['IMEI:1']],
    ['an expression with the named group', 'subjectCN', '(urn|x):(?<devId>.+)', ['urn:IMEI:1'], ['IMEI:1']],
    ['an expression without group', 'subjectCN', 'IMEI:\\d+', ['IMEI:12'], ['IMEI:12']],
    ['an expression for the whole name', 'subjectCN', 'IMEI:\\d+', ['x IMEI:12', 'IMEI:12 x'], []],
    ['alternatives between its anchors', 'subjectCN', 'a|IMEI:1', ['xIMEI:1', 'ab'], []],
    ['several names', 'sanUri', 'urn:{devId}', ['urn:a', 'urn:b'], ['a', 'b']],
    ['a certificate without names', 'sanUri', '{devId}', [], []],
  ] as const)('the certificate rule leads to the right DevIDs for %s', ([, from, pattern, names, devIds]) => {
    expect(certifiedDevIds(certificate({ [from]: names }), { from, pattern })).toEqual(devIds);
  });
});

describe('a session by certificate', () => {
  const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
  const open = (accept: readonly string[], rule?: CertificateRule) =>
    BridgeUnderTest.open({ accept, script, south: rule === undefined ? {} : { certificate: rule } });
  const FIRST = packageOne(BRUCE, { cred: '' });
  const own = certificate({ subjectCN: ['imei:1'] });

  test('a session by certificate needs no Cred, and every message of it needs the certificate (CP-DMSEC-5.3a)', async () => {
    const bridge = await open(['tls']);
    const got = await bridge.say(FIRST, { certificate: own });
    expect(got).toMatchObject({ chalType: undefined, statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'] });
    const token = tokenOf(got);
    const second = syncml({ msgId: 2 }, reply(got, LEAVES));
    expect((await bridge.say(second, { token })).statuses).toEqual(['SyncHdr 0 407']);
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await bridge.say(second, { token, certificate: others })).statuses).toEqual(['SyncHdr 0 401']);
    expect((await bridge.say(second, { token, certificate: own })).statuses).toEqual(['SyncHdr 0 200']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a stored answer in a session by certificate goes only to a request with the certificate', async () => {
    const bridge = await open(['tls']);
    const got = await bridge.post(FIRST, { certificate: own });
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await bridge.say(FIRST)).statuses[0]).toBe('SyncHdr 0 407');
    expect((await bridge.say(FIRST, { certificate: others })).statuses[0]).toBe('SyncHdr 0 401');
    expect(await bridge.post(FIRST, { certificate: own })).toEqual(got);
    const answer = readAnswer(got.body);
    const token = tokenOf(answer);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await bridge.post(second, { token, certificate: own });
    expect((await bridge.say(second, { token })).statuses[0]).toBe('SyncHdr 0 407');
    expect(await bridge.post(second, { token, certificate: own })).toEqual(closing);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a certificate is asked for where no other scheme is accepted', async () => {
    const bridge = await open(['tls']);
    const got = await bridge.post(FIRST);
    expect(got.status).toBe(200);
    expect(readAnswer(got.body)).toMatchObject({ chalType: 'syncml:auth-X509', nextNonce: undefined });
    expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 407');
    expect(bridge.commits).toBe(0);
  });

  test('the certificate of another device gets 401, even with a right Cred', async () => {
    const bridge = await open(['tls', 'basic']);
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await bridge.say(packageOne(BRUCE), { certificate: others })).statuses[0]).toBe('SyncHdr 0 401');
    expect((await bridge.say(packageOne(AUSTIN), { certificate: others })).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('a session opens by any name of the certificate that leads to the device', async () => {
    const bridge = await open(['tls'], { from: 'sanUri', pattern: 'urn:{devId}' });
    const both = certificate({ subjectCN: ['IMEI:2'], sanUri: ['urn:IMEI:7', 'urn:IMEI:1'] });
    expect((await bridge.say(FIRST, { certificate: both })).statuses[0]).toBe('SyncHdr 0 200');
    const austin = packageOne(AUSTIN, { cred: '' });
    expect((await bridge.say(austin, { certificate: both })).statuses[0]).toBe('SyncHdr 0 401');
  });

  test('a certificate that names no device leaves the other schemes open', async () => {
    const bridge = await open(['tls', 'basic'], { from: 'sanUri', pattern: 'urn:{devId}' });
    const fleet = certificate({ subjectCN: ['fleet'], sanUri: ['https://vendor.example/'] });
    expect((await bridge.say(FIRST, { certificate: fleet })).statuses[0]).toBe('SyncHdr 0 407');
    expect((await bridge.say(packageOne(BRUCE), { certificate: fleet })).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('a certificate proves nothing where tls is not accepted, and never for an unregistered device', async () => {
    const bridge = await open(['basic']);
    expect((await bridge.say(FIRST, { certificate: own })).statuses[0]).toBe('SyncHdr 0 407');
    const other = await open(['tls']);
    const unregistered = packageOne({ ...BRUCE, devId: 'IMEI:404' }, { cred: '' });
    const got = await other.say(unregistered, { certificate: certificate({ subjectCN: ['IMEI:404'] }) });
    expect(got.statuses[0]).toBe('SyncHdr 0 401');
    expect(other.commits).toBe(0);
  });

  test('a device whose row accepts tls opens a session by certificate, and other devices do not', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['basic'], devices: [{ ...BRUCE, accept: ['tls'] }, AUSTIN] });
    expect((await bridge.say(FIRST, { certificate: own })).statuses[0]).toBe('SyncHdr 0 200');
    const austin = packageOne(AUSTIN, { cred: '' });
    expect((await bridge.say(austin, { certificate: certificate({ subjectCN: ['IMEI:2'] }) })).statuses[0]).toBe(
      'SyncHdr 0 407',
    );
  });
});

/** Sessions by client certificate, and the rule that ties certificates to devices (contract: south.auth.certificate). */
import { describe, expect, it, test } from 'vitest';
import { type CertificateRule, type ClientCertificate, certifiedDevIds } from '../../src/auth/certificate-rule.ts';
import { AUSTIN, BRUCE, commands, DEV_TYP, LEAVES, noCommands, Scene, statusesIn, tokenOf } from '../bridge/scene.ts';
import { packageOne, readAnswer, reply, syncml } from '../e2e/scripted-device.ts';

const certificate = (more: Partial<ClientCertificate>): ClientCertificate => ({
  subjectCN: [],
  sanUri: [],
  sanDns: [],
  ...more,
});

describe('the rule', () => {
  test.for([
    ['the common name as it is', 'subjectCN', '{devId}', ['IMEI:1'], ['IMEI:1']],
    ['text around it', 'sanUri', 'urn:{devId}', ['urn:IMEI:1', 'https://vendor.example/'], ['IMEI:1']],
    [
      'text around it, in any case',
      'sanDns',
      '{devId}.Devices.example.com',
      ['imei-1.devices.EXAMPLE.com'],
      ['imei-1'],
    ],
    ['dots are dots', 'sanDns', '{devId}.a.example', ['x.aQexample'], []],
    ['an expression with a group', 'subjectCN', 'device ([^ ]+)( of .*)?', ['device IMEI:1 of Example'], ['IMEI:1']],
    ['an expression with the named group', 'subjectCN', '(urn|x):(?<devId>.+)', ['urn:IMEI:1'], ['IMEI:1']],
    ['an expression without group', 'subjectCN', 'IMEI:\\d+', ['IMEI:12'], ['IMEI:12']],
    ['an expression for the whole name', 'subjectCN', 'IMEI:\\d+', ['x IMEI:12', 'IMEI:12 x'], []],
    ['an alternative does not escape the anchors', 'subjectCN', 'a|IMEI:1', ['xIMEI:1', 'ab'], []],
    ['several names', 'sanUri', 'urn:{devId}', ['urn:a', 'urn:b'], ['a', 'b']],
    ['no name', 'sanUri', '{devId}', [], []],
  ] as const)('%s', ([, from, pattern, names, devIds]) => {
    expect(certifiedDevIds(certificate({ [from]: names }), { from, pattern })).toEqual(devIds);
  });
});

describe('a session by certificate', () => {
  const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
  const open = (accept: readonly string[], rule?: CertificateRule) =>
    Scene.open({ accept, script, ...(rule === undefined ? {} : { south: { certificate: rule } }) });
  const FIRST = packageOne(BRUCE, { cred: '' });
  const own = certificate({ subjectCN: ['imei:1'] });

  it('needs no Cred: 200; every message needs the certificate (CP-DMSEC-5.3a)', async () => {
    const scene = await open(['tls']);
    const got = await scene.say(FIRST, { certificate: own });
    expect(got).toMatchObject({ chalType: undefined, statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'] });
    const token = tokenOf(got);
    const second = syncml({ msgId: 2 }, reply(got, LEAVES));
    expect((await scene.say(second, { token })).statuses).toEqual(['SyncHdr 0 407']);
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await scene.say(second, { token, certificate: others })).statuses).toEqual(['SyncHdr 0 401']);
    expect((await scene.say(second, { token, certificate: own })).statuses).toEqual(['SyncHdr 0 200']);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('gives a stored answer only to who shows the certificate again', async () => {
    const scene = await open(['tls']);
    const got = await scene.post(FIRST, { certificate: own });
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await scene.say(FIRST)).statuses[0]).toBe('SyncHdr 0 407');
    expect((await scene.say(FIRST, { certificate: others })).statuses[0]).toBe('SyncHdr 0 401');
    expect(await scene.post(FIRST, { certificate: own })).toEqual(got);
    const answer = readAnswer(got.body);
    const token = tokenOf(answer);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await scene.post(second, { token, certificate: own });
    expect((await scene.say(second, { token })).statuses[0]).toBe('SyncHdr 0 407');
    expect(await scene.post(second, { token, certificate: own })).toEqual(closing);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('is asked for where nothing else would do', async () => {
    const scene = await open(['tls']);
    const got = await scene.post(FIRST);
    expect(got.status).toBe(200);
    expect(readAnswer(got.body)).toMatchObject({ chalType: 'syncml:auth-X509', nextNonce: undefined });
    expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 407');
    expect(scene.commits).toBe(0);
  });

  it('is refused to the certificate of another device: 401, even with right Cred (field note #19)', async () => {
    const scene = await open(['tls', 'basic']);
    const others = certificate({ subjectCN: ['IMEI:2'] });
    expect((await scene.say(packageOne(BRUCE), { certificate: others })).statuses[0]).toBe('SyncHdr 0 401');
    expect((await scene.say(packageOne(AUSTIN), { certificate: others })).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('is opened by any name of the certificate that leads to the device', async () => {
    const scene = await open(['tls'], { from: 'sanUri', pattern: 'urn:{devId}' });
    const both = certificate({ subjectCN: ['IMEI:2'], sanUri: ['urn:IMEI:7', 'urn:IMEI:1'] });
    expect((await scene.say(FIRST, { certificate: both })).statuses[0]).toBe('SyncHdr 0 200');
    const austin = packageOne(AUSTIN, { cred: '' });
    expect((await scene.say(austin, { certificate: both })).statuses[0]).toBe('SyncHdr 0 401');
  });

  it('lets a certificate that names no device be: the other ways stay open', async () => {
    const scene = await open(['tls', 'basic'], { from: 'sanUri', pattern: 'urn:{devId}' });
    const fleet = certificate({ subjectCN: ['fleet'], sanUri: ['https://vendor.example/'] });
    expect((await scene.say(FIRST, { certificate: fleet })).statuses[0]).toBe('SyncHdr 0 407');
    expect((await scene.say(packageOne(BRUCE), { certificate: fleet })).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('does not happen where tls is not accepted, and never for a stranger', async () => {
    const scene = await open(['basic']);
    expect((await scene.say(FIRST, { certificate: own })).statuses[0]).toBe('SyncHdr 0 407');
    const other = await open(['tls']);
    const stranger = packageOne({ ...BRUCE, devId: 'IMEI:404' }, { cred: '' });
    const got = await other.say(stranger, { certificate: certificate({ subjectCN: ['IMEI:404'] }) });
    expect(got.statuses[0]).toBe('SyncHdr 0 401');
    expect(other.commits).toBe(0);
  });

  it('is open to the one device whose row says so', async () => {
    const scene = await Scene.open({ accept: ['basic'], devices: [{ ...BRUCE, accept: ['tls'] }, AUSTIN] });
    expect((await scene.say(FIRST, { certificate: own })).statuses[0]).toBe('SyncHdr 0 200');
    const austin = packageOne(AUSTIN, { cred: '' });
    expect((await scene.say(austin, { certificate: certificate({ subjectCN: ['IMEI:2'] }) })).statuses[0]).toBe(
      'SyncHdr 0 407',
    );
  });
});

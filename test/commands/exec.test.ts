/** EXEC, its Correlator and the report of its final status (DM-2.0 §5.3.5, §5.4.1). */
import { describe, expect, test } from 'vitest';
import { parseMoid } from '../../src/mo/moid.ts';
import { context } from '../north/model/play.ts';
import { DCMO, DEVINFO, DMACC, FUMO, onPhone } from '../north/model/simulated-device.ts';

const UPDATE = `${FUMO}/FUMO/Update`;
const REPORT = 'https://backend.example/reports';

const answering = (status: number, locUri = './FUMO/Update') => ({ exec: { [locUri]: () => status } });

describe('EXEC', () => {
  test.each([
    [200, '200'],
    [202, '202'],
    [425, '403'],
    [405, '405'],
    [406, '405'],
    [501, '405'],
    [404, '404'],
    [500, '500'],
    [503, '503'],
    [1403, '1403'],
  ])('with the answer %i of the device ends with %s', (answer, status) => {
    expect(onPhone([['EXEC', UPDATE]], { options: answering(answer) }).statuses).toEqual([status]);
  });

  test.each([
    ['a node that cannot be executed', `${FUMO}/FUMO/PkgName`, '405'],
    ['a missing node', `${FUMO}/FUMO/None`, '404'],
    ['a node of a virtual MO', `${DMACC}//Auth`, '405'],
    ['a wildcard without a match', `${DCMO}/usb/Ext/*`, '404'],
    ['an MO with two instances, without a MIID', `${DCMO}//Operations/Enable`, '404'],
    ['a malformed address', 'nonsense', '400'],
  ])('of %s is refused', (_, clientUri, status) => {
    expect(onPhone([['EXEC', clientUri]]).statuses).toEqual([status]);
  });

  test('of an MO that is not provisioned is 403', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    const outcome = onPhone([['EXEC', UPDATE]], { context: { ...context, account } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.trips).toEqual([]);
  });

  test('has a Correlator of its own, which is stored with the command after 202', () => {
    const outcome = onPhone(
      [
        ['EXEC', UPDATE],
        ['EXEC', UPDATE],
      ],
      { options: answering(202) },
    );
    const correlators = outcome.device.commands.map(({ correlator }) => correlator);
    expect(new Set(correlators).size).toBe(2);
    expect(correlators).not.toContain(undefined);
    expect(outcome.state.device.pendingExecs).toEqual(
      correlators.map((correlator) => ({
        correlator,
        clientUri: UPDATE,
        locUri: './FUMO/Update',
        account: 'main',
        expiresAt: 1_000 + 30 * 24 * 3600 * 1000,
      })),
    );
  });

  test('stores nothing after 200', () => {
    expect(onPhone([['EXEC', UPDATE]], { options: answering(200) }).state.device.pendingExecs).toEqual([]);
  });

  test('has no Correlator for a DM 1.1 device', () => {
    const outcome = onPhone([['EXEC', UPDATE]], { options: answering(202), version: '1.1' });
    expect(outcome.statuses).toEqual(['202']);
    expect(outcome.device.commands.at(-1)).not.toHaveProperty('correlator');
    expect(outcome.state.device.pendingExecs).toEqual([]);
  });

  test('of several nodes executes all that it can and ends with the first failure', () => {
    const exec = { './DCMO/usb/Operations/Enable': () => 200 };
    const outcome = onPhone([['EXEC', `${DCMO}/*/Operations/Enable`]], { options: { exec } });
    expect(outcome.statuses).toEqual(['405']);
    expect(outcome.device.log).toContain('Exec ./DCMO/usb/Operations/Enable');
  });
});

describe('EXEC with ServerURI', () => {
  const reports = (outcome: ReturnType<typeof onPhone>) => outcome.effects.filter(({ type }) => type === 'report');

  test('is 202 after 202 of the device, and the ServerURI is stored for the report', () => {
    const outcome = onPhone([['EXEC', UPDATE, REPORT]], { options: answering(202) });
    expect(outcome.statuses).toEqual(['202']);
    expect(outcome.state.device.pendingExecs).toMatchObject([{ clientUri: UPDATE, serverUri: REPORT }]);
    expect(reports(outcome)).toEqual([]);
  });

  test.each([
    [UPDATE, './FUMO/Update', 'Reversed-Domain-Name: org.openmobilealliance.dm.firmwareupdate.update'],
    [`${FUMO}/FUMO/DownloadAndUpdate`, './FUMO/DownloadAndUpdate', undefined],
    [`${DCMO}/usb/Operations/Enable`, './DCMO/usb/Operations/Enable', 'urn:oma:at:dcmo:1.0:OperationComplete'],
    [`${DCMO}/usb/Property`, './DCMO/usb/Property', 'urn:oma:at:dm:2.0:ExecComplete'],
  ])('is 202 after 200 of the device, too, and the bridge reports it: %s', (clientUri, locUri, alertType) => {
    const outcome = onPhone([['EXEC', clientUri, REPORT]], { options: answering(200, locUri) });
    expect(outcome.statuses).toEqual(['202']);
    expect(reports(outcome)).toEqual([
      {
        type: 'report',
        serverUri: REPORT,
        alert: {
          AlertType: alertType ?? expect.stringContaining('downloadandupdate'),
          SourceURI: clientUri,
          DataType: 'int',
          Data: { DM1x: 200 },
        },
      },
    ]);
  });

  test('has the status of a failure, and no report', () => {
    const outcome = onPhone([['EXEC', UPDATE, REPORT]], { options: answering(500) });
    expect(outcome.statuses).toEqual(['500']);
    expect(reports(outcome)).toEqual([]);
  });

  test.each([
    ['https://elsewhere.example/', '403'],
    ['nonsense', '400'],
  ])('%s ends with %s, and nothing is executed', (url, status) => {
    const outcome = onPhone([['EXEC', UPDATE, url]], { options: answering(200) });
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
  });
});

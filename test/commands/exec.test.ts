/** EXEC, its Correlator, and where the final status goes (DM-2.0 §5.3.5, §5.4.1; design: Commands). */
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
  ])('the device answers %i: %s', (answer, status) => {
    expect(onPhone([['EXEC', UPDATE]], { options: answering(answer) }).statuses).toEqual([status]);
  });

  test.each([
    ['what cannot be executed', `${FUMO}/FUMO/PkgName`, '405'],
    ['a node that is missing', `${FUMO}/FUMO/None`, '404'],
    ['what the bridge makes', `${DMACC}//Auth`, '405'],
    ['a wildcard that meets nothing', `${DCMO}/usb/Ext/*`, '404'],
    ['two instances', `${DCMO}//Operations/Enable`, '404'],
    ['malformed', 'nonsense', '400'],
  ])('%s', (_, clientUri, status) => {
    expect(onPhone([['EXEC', clientUri]]).statuses).toEqual([status]);
  });

  test('an MO that is not provisioned is 403', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    const outcome = onPhone([['EXEC', UPDATE]], { context: { ...context, account } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.trips).toEqual([]);
  });

  test('carries a Correlator, another one each time, that finds the command again after 202', () => {
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

  test('after 200 nothing is to come', () => {
    expect(onPhone([['EXEC', UPDATE]], { options: answering(200) }).state.device.pendingExecs).toEqual([]);
  });

  test('a DM 1.1 device gets no Correlator', () => {
    const outcome = onPhone([['EXEC', UPDATE]], { options: answering(202), version: '1.1' });
    expect(outcome.statuses).toEqual(['202']);
    expect(outcome.device.commands.at(-1)).not.toHaveProperty('correlator');
    expect(outcome.state.device.pendingExecs).toEqual([]);
  });

  test('of several, all are tried and the first failure is told', () => {
    const exec = { './DCMO/usb/Operations/Enable': () => 200 };
    const outcome = onPhone([['EXEC', `${DCMO}/*/Operations/Enable`]], { options: { exec } });
    expect(outcome.statuses).toEqual(['405']);
    expect(outcome.device.log).toContain('Exec ./DCMO/usb/Operations/Enable');
  });
});

describe('EXEC with ServerURI', () => {
  const reports = (outcome: ReturnType<typeof onPhone>) => outcome.effects.filter(({ type }) => type === 'report');

  test('202: the final status will go there', () => {
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
  ])('200 at once is 202, too, and the bridge makes the alert: %s', (clientUri, locUri, alertType) => {
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

  test('a failure at once is the status, and no report follows', () => {
    const outcome = onPhone([['EXEC', UPDATE, REPORT]], { options: answering(500) });
    expect(outcome.statuses).toEqual(['500']);
    expect(reports(outcome)).toEqual([]);
  });

  test.each([
    ['https://elsewhere.example/', '403'],
    ['nonsense', '400'],
  ])('%s is %s, and nothing is executed', (url, status) => {
    const outcome = onPhone([['EXEC', UPDATE, url]], { options: answering(200) });
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
  });
});

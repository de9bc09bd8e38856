import { describe, expect, test } from 'vitest';
import {
  challengeMessage,
  headerErrorMessage,
  isPackageOne,
  outsideSessionAnswer,
  versionMessage,
} from '../../src/dm1/stateless-answers.ts';
import {
  alert,
  CHAL,
  DEVICE_URI,
  devInfo,
  deviceMessage,
  headerOk,
  leaf,
  measureXml,
  OPTIONS,
  outline,
  RESP_URI,
  results,
  SERVER_URI,
} from './lock-step.ts';

const SETTING = { respUri: RESP_URI };

describe('challengeMessage', () => {
  const sequence = {
    name: 'Sequence' as const,
    cmdId: '3',
    members: [
      { ...alert('1224'), cmdId: '4' },
      { name: 'Atomic' as const, cmdId: '5', members: [{ ...devInfo(), cmdId: '6' }] },
    ],
  };
  const message = deviceMessage(7, [
    { ...headerOk(1), cmdId: '1' },
    { ...alert('1201'), cmdId: '2' },
    sequence,
    { ...results(1, 4, [leaf('./x', 'v')]), cmdId: '8' },
    { name: 'Unknown', cmdId: '9', element: 'Sync' },
  ]);

  test('has only Statuses: SyncHdr with Chal, then the same code for every command and member', () => {
    const answer = challengeMessage(message, { code: 407, chal: CHAL }, SETTING, measureXml);
    expect(outline(answer)).toEqual([
      'Status:SyncHdr:407',
      'Status:Alert:407',
      'Status:Sequence:407',
      'Status:Alert:407',
      'Status:Atomic:407',
      'Status:Replace:407',
      'Status:Sync:407',
      'Final',
    ]);
    expect(answer.commands[0]).toMatchObject({
      chal: CHAL,
      msgRef: 7,
      cmdRef: '0',
      targetRefs: [SERVER_URI],
      sourceRefs: [DEVICE_URI],
    });
    expect(answer.commands.slice(1).map((each) => (each.name === 'Status' ? each.cmdRef : ''))).toEqual([
      '2',
      '3',
      '4',
      '5',
      '6',
      '9',
    ]);
    expect(answer.commands.slice(1).every((each) => each.name === 'Status' && each.chal === undefined)).toBe(true);
  });

  test('has the addresses of the session that the message belongs to', () => {
    const setting = { respUri: `${RESP_URI}/token`, serverUri: 'http://old.example.com/dm' };
    expect(challengeMessage(message, { code: 401, chal: CHAL }, setting, measureXml).header).toMatchObject({
      source: { locUri: 'http://old.example.com/dm' },
      respUri: `${RESP_URI}/token`,
    });
  });

  test.each([
    ['that the message names', 900, undefined, 2],
    ['that an earlier message named', undefined, 900, 2],
    ['that the message names anew', 100_000, 900, 7],
    ['that no message fits', 10, undefined, 1],
    ['0, which is no limit', 0, undefined, 7],
  ])('stays within the MaxMsgSize %s', (_, named, known, statuses) => {
    const header = named === undefined ? message.header : { ...message.header, meta: { maxMsgSize: named } };
    const setting = { ...SETTING, maxMsgSize: known };
    const answer = challengeMessage({ ...message, header }, { code: 407, chal: CHAL }, setting, measureXml);
    expect(outline(answer)).toHaveLength(statuses + 1);
    expect(outline(answer)).toEqual(expect.arrayContaining(['Status:SyncHdr:407', 'Final']));
    if (named === 900 || (named === undefined && known === 900)) expect(measureXml(answer)).toBeLessThanOrEqual(900);
  });

  test('has the MsgID and the version of the device, and no credentials', () => {
    const old = { ...message, header: { ...message.header, verDtd: '1.1', verProto: 'DM/1.1', cred: { data: 'x' } } };
    expect(challengeMessage(old, { code: 401, chal: CHAL }, SETTING, measureXml).header).toEqual({
      verDtd: '1.1',
      verProto: 'DM/1.1',
      sessionId: '1',
      msgId: 7,
      target: { locUri: DEVICE_URI },
      source: { locUri: SERVER_URI },
      respUri: RESP_URI,
    });
  });
});

describe('versionMessage', () => {
  test.each([
    [505, ['1.1', '1.2']],
    [513, ['DM/1.1', 'DM/1.2', 'DM/1.3']],
  ] as const)('answers %i in 1.2 / DM/1.3 with what is supported', (code, versions) => {
    const { header } = deviceMessage(1, []);
    const answer = versionMessage({ ...header, verDtd: '2.0', verProto: 'DM/9' }, code, RESP_URI);
    expect(outline(answer)).toEqual([`Status:SyncHdr:${code}`, 'Final']);
    expect(answer.header).toMatchObject({ verDtd: '1.2', verProto: 'DM/1.3', msgId: 1 });
    const [status] = answer.commands;
    expect(status?.name === 'Status' ? status.items.map((item) => item.data) : []).toEqual(versions);
  });
});

describe('headerErrorMessage', () => {
  const { header } = deviceMessage(4, []);

  test.each([
    ['MsgID', { verDtd: '1.2', verProto: 'DM/1.2', sessionId: '9', target: header.target, source: header.source }],
    ['SessionID', { verDtd: '1.2', verProto: 'DM/1.2', msgId: 3, target: header.target, source: header.source }],
    ['Target', { verDtd: '1.2', verProto: 'DM/1.2', sessionId: '9', msgId: 3, source: header.source }],
  ])('answers 400 when %s is missing', (_, partial) => {
    const answer = headerErrorMessage(partial, RESP_URI);
    expect(answer && outline(answer)).toEqual(['Status:SyncHdr:400', 'Final']);
    expect(answer?.header).toMatchObject({ verProto: 'DM/1.2', target: { locUri: DEVICE_URI } });
  });

  test('does not exist without Source', () => {
    expect(headerErrorMessage({ sessionId: '9', msgId: 3, target: header.target }, RESP_URI)).toBeUndefined();
    expect(headerErrorMessage({ sessionId: '9', source: { locUri: '' } }, RESP_URI)).toBeUndefined();
  });
});

describe('outsideSessionAnswer', () => {
  test('returns the events, and answers with Statuses, Alert 1223 and Final', () => {
    const message = deviceMessage(4, [
      { ...headerOk(3), cmdId: '1' },
      { ...results(3, 4, [leaf('./x', 'v')]), cmdId: '2' },
      { ...alert('1224', [leaf('./x', 'v')]), cmdId: '3' },
    ]);
    const { message: answer, effects } = outsideSessionAnswer(
      { options: { ...OPTIONS, nextMsgId: 4 }, message, verdict: { status: 212 }, alertRoom: 1 },
      measureXml,
    );
    expect(outline(answer)).toEqual(['Status:SyncHdr:212', 'Status:Alert:200', 'Alert:1223', 'Final']);
    expect(answer.header.msgId).toBe(4);
    expect(effects).toEqual([{ type: 'alertReceived', alert: { code: 1224, items: [{ source: './x', data: 'v' }] } }]);
  });
});

describe('isPackageOne', () => {
  test.each([
    ['MsgID 1', deviceMessage(1, []), true],
    ['Alert 1200', deviceMessage(5, [alert('1200')]), true],
    ['Alert 1201', deviceMessage(5, [alert('1201')]), true],
    ['DevInfo', deviceMessage(5, [devInfo()]), true],
    ['another Alert', deviceMessage(5, [alert('1226')]), false],
    ['another Replace', deviceMessage(5, [devInfo([leaf('./Vendor', 'v')])]), false],
  ])('of a message with %s is %s', (_, message, expected) => {
    expect(isPackageOne(message)).toBe(expected);
  });
});

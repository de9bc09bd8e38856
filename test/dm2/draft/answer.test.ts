/** The lines of the early draft: commands as those of DM 2.0, statuses, and the list of MOIDs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDraftStatuses, moList, parseDraftAnswer } from '../../../src/dm2/draft/answer.ts';
import type { WireCommand } from '../../../src/dm2/package.ts';
import { DecodeError } from '../../../src/errors.ts';

const MMS = 'oma:mo:oma-mms:1.3';

describe('the answer of a backend', () => {
  test.each<[string, string, WireCommand]>([
    ['GET to a place', `GET http://b/x ${MMS}/3`, ['HGET', 'http://b/x', `${MMS}/3`]],
    ['GET without a place', 'GET http://b/x', ['HGET', 'http://b/x']],
    ['PUT', `PUT http://b/x ${MMS}/1 ${MMS}/3`, ['HPUT', 'http://b/x', `${MMS}/1`, `${MMS}/3`]],
    [
      'POST with Levels',
      `POST http://b/x?Levels=1 ${MMS}/1?Levels=2`,
      ['HPOST', 'http://b/x?Levels=1', `${MMS}/1?lv=2`],
    ],
    ['POST of all MOs', 'POST http://b/x *?Levels=1', ['HPOST', 'http://b/x', '*?lv=1']],
    ['DELETE', `DELETE ${MMS}/1`, ['DELETE', `${MMS}/1`]],
    ['EXEC', `EXEC ${MMS}/1 http://b/x`, ['EXEC', `${MMS}/1`, 'http://b/x']],
    ['DEFAULT', `DEFAULT ${MMS} http://b/x`, ['DEFAULT', 'http://b/x?InitiatedBy=Device', MMS]],
    ['DEFAULT with a query', `DEFAULT ${MMS} http://b/x?a=1`, ['DEFAULT', 'http://b/x?a=1&InitiatedBy=Device', MMS]],
    ['DEFAULT without a URL', `DEFAULT ${MMS}`, ['DEFAULT']],
    ['SHOW', 'SHOW http://b/x?Close=http://b/y', ['SHOW', 'http://b/x?Close=http://b/y']],
    ['END', 'END', ['END']],
    ['several blanks', `  GET   http://b/x   ${MMS}/3  `, ['HGET', 'http://b/x', `${MMS}/3`]],
    ['a command of DM 2.0', 'CONT http://b/x', ['CONT of the early draft']],
    ['HGET', 'HGET http://b/x', ['HGET of the early draft']],
  ])('%s', (_, line, command) => {
    for (const end of ['\n', '\r\n']) {
      expect(parseDraftAnswer(`MsgID 7${end}${line}${end}`)).toEqual({ msgId: 7, commands: [command] });
    }
  });

  test('empty lines are no commands', () => {
    expect(parseDraftAnswer('MsgID 0\r\n\r\nEND\r\n\r\n')).toEqual({ msgId: 0, commands: [['END']] });
    expect(parseDraftAnswer('MsgID 0')).toEqual({ msgId: 0, commands: [] });
  });

  test.each([
    '',
    'END',
    'MsgID',
    'MsgID x\nEND',
    'MsgID -1',
    'msgid 1',
    '\nMsgID 1',
    'MsgID 1 END',
    'MsgID 9999999999',
  ])('%j has no MsgID', (text) => {
    expect(() => parseDraftAnswer(text)).toThrow(DecodeError);
  });

  test('any text is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), fc.boolean(), (text, hasId) => {
        try {
          const { commands } = parseDraftAnswer(hasId ? `MsgID 1\n${text}` : text);
          expect(commands.every(([name = '']) => name !== '')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

test('statuses: one line for each command, new places behind the code, no line end behind the last', () => {
  const statuses = [{ sc: 200 }, { sc: 200, URI: ['urn:oma:mo:oma-connmo:1.0/MMS', 'oma:x/1'] }, { sc: 404 }];
  expect(formatDraftStatuses(1, statuses)).toBe('MsgID 1\r\n200\r\n200 oma:mo:oma-connmo:1.0/MMS oma:x/1\r\n404');
  expect(formatDraftStatuses(0, [])).toBe('MsgID 0');
});

test('the list of MOIDs, with and without instances', () => {
  const mos = [
    { MOID: 'urn:oma:mo:oma-mms:1.3', MIID: ['1', 'a/b'], DDF: 'http://b/d' },
    { MOID: 'com.example/1.0/X', MIID: [] },
  ];
  expect(moList(mos, false)).toEqual({ TNDS20: [{ MOID: 'oma:mo:oma-mms:1.3' }, { MOID: 'com.example/1.0/X' }] });
  expect(moList(mos, true)).toEqual({
    TNDS20: [
      { MOID: 'oma:mo:oma-mms:1.3', DDF: 'http://b/d', Path: '/1' },
      { MOID: 'oma:mo:oma-mms:1.3', DDF: 'http://b/d', Path: '/a%2Fb' },
      { MOID: 'com.example/1.0/X' },
    ],
  });
});

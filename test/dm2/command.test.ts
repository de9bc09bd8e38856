import { describe, expect, test } from 'vitest';
import { parsePackage2 } from '../../src/dm2/codec.ts';
import { parseCommand } from '../../src/dm2/command.ts';
import type { WireCommand } from '../../src/dm2/package.ts';
import * as printed from './spec-examples.ts';

const S = 'https://repository.example/data';
const C = 'urn:oma:mo:oma-dcmo:1.0/usb/';

describe('the commands of §5.3', () => {
  test.each<[WireCommand, object]>([
    [['HGET', S], { kind: 'HGET', serverUri: S }],
    [['HGET', S, C], { kind: 'HGET', serverUri: S, clientUri: C }],
    [['HPUT', S, C], { kind: 'HPUT', serverUri: S, clientUris: [C] }],
    [['HPOST', S, C, 'm//', C], { kind: 'HPOST', serverUri: S, clientUris: [C, 'm//', C] }],
    [['DELETE', C], { kind: 'DELETE', clientUri: C }],
    [['EXEC', C], { kind: 'EXEC', clientUri: C }],
    [['EXEC', C, S], { kind: 'EXEC', clientUri: C, serverUri: S }],
    [['GET', C], { kind: 'GET', clientUri: C }],
    [['SHOW', S], { kind: 'SHOW', serverUri: S }],
    [['CONT', S], { kind: 'CONT', serverUri: S }],
    [['END'], { kind: 'END' }],
    [['DEFAULT', S, 'urn:oma:mo:oma-mms:1.3'], { kind: 'DEFAULT', serverUri: S, moid: 'urn:oma:mo:oma-mms:1.3' }],
    [['SUB', S, C], { kind: 'SUB', serverUri: S, clientUri: C }],
    [['UNSUB', C], { kind: 'UNSUB', clientUri: C }],
    [['GET', ''], { kind: 'GET', clientUri: '' }],
  ])('parseCommand reads %j', (wire, command) => {
    expect(parseCommand(wire)).toStrictEqual(command);
  });
});

describe('a wrong number of parameters', () => {
  test.each<[WireCommand]>([
    [[]],
    [['HGET']],
    [['HGET', S, C, C]],
    [['HPUT']],
    [['HPUT', S]],
    [['HPOST', S]],
    [['DELETE']],
    [['DELETE', C, C]],
    [['EXEC']],
    [['EXEC', C, S, S]],
    [['GET']],
    [['GET', C, C]],
    [['SHOW']],
    [['SHOW', S, S]],
    [['CONT']],
    [['CONT', S, S]],
    [['END', S]],
    [['DEFAULT', S]],
    [['DEFAULT', S, '']],
    [['DEFAULT', S, 'm', 'n']],
    [['SUB', S]],
    [['SUB', S, C, C]],
    [['UNSUB']],
    [['UNSUB', C, C]],
  ])('parseCommand answers %j with 400', (wire) => {
    expect(parseCommand(wire)).toMatchObject({ kind: 'invalid', status: 400 });
  });
});

describe('an unknown name', () => {
  test.each(['PATCH', 'get', 'Get', ' GET', '', 'constructor', '__proto__', 'invalid'])(
    'parseCommand answers the unknown name "%s" with 501',
    (name) => {
      expect(parseCommand([name, C])).toMatchObject({ kind: 'invalid', status: 501 });
    },
  );
});

test('parseCommand reads every command of the printed packages', () => {
  const kinds = [printed.PACKAGE2, printed.PACKAGE2_APPENDIX_F].map((text) =>
    parsePackage2(text).CMD.map((wire) => parseCommand(wire).kind),
  );
  expect(kinds).toEqual([
    ['HPOST', 'HGET', 'GET'],
    ['GET', 'GET', 'GET', 'HPUT', 'GET', 'HGET'],
  ]);
});

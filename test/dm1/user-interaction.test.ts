/** User interaction on the wire, and the outcomes of the user's answers, in both encodings (DM-1.3 §10). */
import { describe, expect, test } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import type { AlertCommand, Command, Item, SyncmlMessage } from '../../src/syncml/message.ts';
import { cmdIdOf, deviceMessage, get, headerOk, LockStep, numbered, outline, replace, status } from './lock-step.ts';

const ENCODINGS = ['application/vnd.syncml.dm+xml', 'application/vnd.syncml.dm+wbxml'] as const;

/** The message after its way over the wire. */
function across(message: SyncmlMessage, type: string): SyncmlMessage {
  return decodeMessage(encodeMessage(message, type), type).message;
}

function ask(alertCode: string, options: string | undefined, ...texts: readonly string[]): ServerCommand {
  const first: PlainItem = options === undefined ? {} : { data: options };
  return { id: alertCode, name: 'Alert', alertCode, items: [first, ...texts.map((data) => ({ data }))] };
}

/** The Alert as the device receives it, and the engine that waits for its answer. */
function asked(command: ServerCommand, type: string): { readonly device: LockStep; readonly alert: AlertCommand } {
  const device = new LockStep();
  const { commands, final } = across(device.begins(command), type);
  const [alert, ...others] = commands.filter(({ name }) => name !== 'Status');
  expect(final).toBe(true);
  expect(others).toEqual([]);
  if (alert?.name !== 'Alert') throw new Error('no Alert');
  return { device, alert };
}

/** Answers the Alert of the bridge over the wire. */
function answers(device: LockStep, alert: AlertCommand, code: number, items: readonly Item[], type: string): void {
  const commands: readonly Command[] = numbered([headerOk(1), status(1, alert.cmdId, 'Alert', code, { items })]);
  device.says(across(deviceMessage(2, commands), type).commands);
}

const CHOICES = ['Select service to configure', 'CNN', 'Mobilbank', 'Game Channel'];

describe.each(ENCODINGS)('user interaction as %s', (type) => {
  test.each<[string, string, string | undefined, readonly string[], readonly string[]]>([
    ['Display', '1100', 'MINDT=10', ['Management in progress'], []],
    ['Confirmation', '1101', undefined, ['Do you want to add the CNN access point?'], []],
    ['Confirmation with its default', '1101', 'MAXDT=20&DR=1', ['Really?'], []],
    ['Text input', '1102', undefined, ['Type in the name'], ['CNN']],
    [
      'Text input, every option',
      '1102',
      'MINDT=1&MAXDT=30&DR=John+Doe&MAXLEN=30&IT=A&ET=T',
      ['Name'],
      ['Jöhn & <Doe>'],
    ],
    ['Numbers', '1102', 'IT=N', ['How many?'], ['-1.23']],
    ['A password, left empty', '1102', 'IT=A&ET=P', ['Password'], ['']],
    ['Single choice', '1103', 'MINDT=10&DR=3', CHOICES, ['2']],
    ['Multiple choice', '1104', 'DR=2-3', CHOICES, ['3', '2']],
    ['Multiple choice, nothing chosen', '1104', undefined, CHOICES, []],
  ])(
    '%s: is sent with options first and Items in their order, and returns the answer of the user',
    (_, code, options, texts, given) => {
      const { device, alert } = asked(ask(code, options, ...texts), type);
      expect(alert.data).toBe(code);
      expect(alert.items.map((item) => item.data ?? '')).toEqual([options ?? '', ...texts]);
      expect(Object.keys(alert.items[0] ?? {})).toEqual(options === undefined ? [] : ['data']);
      answers(
        device,
        alert,
        200,
        given.map((data) => ({ data })),
        type,
      );
      expect(device.outcomes).toEqual([
        { id: code, status: 200, itemStatuses: [], statusItems: given.map((data) => ({ data })), results: [] },
      ]);
    },
  );

  test.each([
    ['No', 304],
    ['cancelled', 214],
    ['no action within MAXDT', 408],
    ['not supported', 406],
  ])('with the result "%s" has the outcome %i, without an answer', (_, code) => {
    const { device, alert } = asked(ask('1101', 'MAXDT=5', 'Go on?'), type);
    answers(device, alert, code, [], type);
    expect(device.outcomes).toMatchObject([{ id: '1101', status: code, statusItems: [] }]);
  });
});

describe('user interaction among commands', () => {
  test('is sent alone, and later commands wait for its answer', () => {
    const device = new LockStep();
    const first = device.begins(replace('a'), ask('1101', undefined, 'Go on?'), get('b'));
    expect(outline(first).at(-2)).toBe('Replace');
    device.says([headerOk(1), status(1, cmdIdOf(first, 0), 'Replace', 200)]);
    const second = device.answers();
    expect(outline(second)).toEqual(['Status:SyncHdr:200', 'Alert:1101', 'Final']);
    // The user takes time: 101 is no answer yet, and the open package of the device gets no command.
    device.says([headerOk(2), status(2, cmdIdOf(second, 0), 'Alert', 101)], { final: false });
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Alert:1222']);
    device.says([headerOk(3), status(2, cmdIdOf(second, 0), 'Alert', 304)]);
    expect(device.outcomeStatuses).toEqual(['a:200', '1101:304']);
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Get', 'Final']);
  });
});

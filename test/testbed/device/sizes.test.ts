/** Large objects and packages of several messages on the simulated device. */
import { describe, expect, test } from 'vitest';
import type { WireMessage } from '../../../src/testbed/device/message.ts';
import { runSession } from '../../../src/testbed/device/session.ts';
import { buildTree } from '../../../src/testbed/device/tree-data.ts';
import { codes, DEV_ID, exampleDevice, exchange, results, script, serverMessage, statuses } from './scripted-server.ts';

const next = '<Alert><CmdID>90</CmdID><Data>1222</Data></Alert>';
const nextMessage = (message: WireMessage, more = ''): string =>
  serverMessage(message, statuses(message) + more + next, { final: false });

function deviceWith(value: string, profile: object = {}) {
  return exampleDevice({
    tree: buildTree({ $acl: 'Get=*&Add=*&Replace=*', DevInfo: { DevId: DEV_ID }, Big: value, Note: 'n' }),
    profile: { version: '1.3', auth: 'basic', ...profile },
  });
}

const getBig = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./Big</LocURI></Target></Item></Get>';

describe('large objects (DM-1.3 §8)', () => {
  test('a value over the message size goes out in chunks, each within the limit', async () => {
    const value = `${'x<é'.repeat(2_000)}end`;
    const acknowledge = (message: WireMessage): string => {
      const chunk = results(message)[0];
      const status = `<Status><CmdID>80</CmdID><MsgRef>${message.header.msgId}</MsgRef><CmdRef>${chunk?.cmdId}</CmdRef><Cmd>Results</Cmd><Data>213</Data></Status>`;
      return serverMessage(message, statuses(message) + status + next, { final: false });
    };
    const answers = [(message: WireMessage) => serverMessage(message, statuses(message, 212) + getBig)];
    const server = script(
      ...answers,
      ...Array.from(
        { length: 30 },
        () =>
          (message: WireMessage): string =>
            results(message)[0]?.items[0]?.moreData || !message.final
              ? acknowledge(message)
              : serverMessage(message, statuses(message)),
      ),
    );
    const outcome = await runSession(deviceWith(value, { maxOutgoing: 2_000 }), server.world);
    expect(outcome).toMatchObject({ end: 'done', faults: [] });
    const chunks = server.received.flatMap(results).map((result) => result.items[0]);
    expect(chunks.length).toBeGreaterThan(4);
    expect(chunks.map((item) => item?.data).join('')).toBe(value);
    expect(chunks.map((item) => item?.meta?.size)).toEqual([
      Buffer.byteLength(value),
      ...chunks.slice(1).map(() => undefined),
    ]);
    expect(chunks.map((item) => item?.moreData)).toEqual(chunks.map((_, index) => index < chunks.length - 1));
    expect(Math.max(...server.texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(2_000);
  });

  test('chunks of the server are put together and applied with the last', async () => {
    const chunk = (data: string, more: boolean, size?: number): string =>
      `<Replace><CmdID>1</CmdID><Item><Target><LocURI>./Note</LocURI></Target>
${size === undefined ? '' : `<Meta><Size xmlns='syncml:metinf'>${size}</Size></Meta>`}<Data>${data}</Data>${more ? '<MoreData/>' : ''}</Item></Replace>`;
    const device = deviceWith('small');
    const server = script(
      (message) => serverMessage(message, statuses(message, 212) + chunk('first ', true, 18), { final: false }),
      (message) => {
        expect(device.tree.value('./Note')).toBe('n');
        return serverMessage(message, statuses(message) + chunk('second', true), { final: false });
      },
      (message) => serverMessage(message, statuses(message) + chunk(' third', false)),
      (message) => serverMessage(message, statuses(message)),
    );
    expect(await runSession(device, server.world)).toMatchObject({ end: 'done', faults: [] });
    expect(device.tree.value('./Note')).toBe('first second third');
    expect(server.received.slice(1).map(codes)).toEqual([['1 213'], ['1 213'], ['1 200']]);
    expect(server.received.map(({ final }) => final)).toEqual([true, false, false, true]);
    expect(server.received[1]?.commands.at(-1)).toMatchObject({ name: 'Alert', data: '1222' });
  });

  test.each([
    ['wrong Size: 424 and nothing applied', 99, ' end', ['1 424'], 'the object has 9 bytes'],
    [
      'Size on a later chunk',
      9,
      " end</Data><Meta><Size xmlns='syncml:metinf'>9</Size></Meta><Data>",
      ['1 200'],
      'Size on a chunk',
    ],
  ])('a chunked object is checked: %s', async (_name, size, last, expected, fault) => {
    const device = deviceWith('small');
    const head = '<Replace><CmdID>1</CmdID><Item><Target><LocURI>./Note</LocURI></Target>';
    const server = script(
      (message) =>
        serverMessage(
          message,
          `${statuses(message, 212)}${head}<Meta><Size xmlns='syncml:metinf'>${size}</Size></Meta><Data>start</Data><MoreData/></Item></Replace>`,
          { final: false },
        ),
      (message) => serverMessage(message, `${statuses(message)}${head}<Data>${last}</Data></Item></Replace>`),
      (message) => serverMessage(message, statuses(message)),
    );
    const outcome = await runSession(device, server.world);
    expect(codes(server.received[2])).toEqual(expected);
    expect(outcome.faults.some((text) => text.includes(fault))).toBe(true);
  });

  test('another command before the last chunk gets Alert 1225, and the object is dropped', async () => {
    const device = deviceWith('small');
    const server = script(
      (message) =>
        serverMessage(
          message,
          `${statuses(message, 212)}<Replace><CmdID>1</CmdID><Item><Target><LocURI>./Note</LocURI></Target><Meta><Size xmlns='syncml:metinf'>9</Size></Meta><Data>half</Data><MoreData/></Item></Replace>`,
          { final: false },
        ),
      (message) => serverMessage(message, statuses(message) + getBig),
      (message) => serverMessage(message, statuses(message)),
    );
    const outcome = await runSession(device, server.world);
    expect(server.received[2]?.commands.some(({ name, data }) => name === 'Alert' && data === '1225')).toBe(true);
    expect(device.tree.value('./Note')).toBe('n');
    expect(outcome.faults.join()).toContain('before the last chunk');
  });

  test('a device without large objects answers 413 and sends nothing', async () => {
    const server = exchange(getBig);
    await runSession(deviceWith('y'.repeat(9_000), { lrgObj: false, maxOutgoing: 4_000 }), server.world);
    expect(codes(server.received[1])).toEqual(['1 413']);
    expect(results(server.received[1])).toEqual([]);
  });
});

describe('several messages in a package (DM-1.3 §7)', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`n${index}`, `value ${index}`]));
  const list = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./Many?list=StructData</LocURI></Target></Item></Get>';
  const device = () =>
    exampleDevice({
      tree: buildTree({ $acl: 'Get=*', DevInfo: { DevId: DEV_ID }, Many: many }),
      profile: { version: '1.3', auth: 'basic', maxOutgoing: 1_800 },
    });

  test('Results are cut between Items, and only the last message has Final', async () => {
    const server = script(
      (message) => serverMessage(message, statuses(message, 212) + list),
      ...Array.from(
        { length: 12 },
        () =>
          (message: WireMessage): string =>
            message.final ? serverMessage(message, statuses(message)) : nextMessage(message),
      ),
    );
    expect(await runSession(device(), server.world)).toMatchObject({ end: 'done', faults: [] });
    const names = server.received.flatMap(results).flatMap((result) => result.items.map((item) => item.source));
    expect(names).toEqual(['./Many', ...Object.keys(many).map((name) => `./Many/${name}`)]);
    expect(server.received.slice(1, -1).every(({ final }) => !final)).toBe(true);
    expect(server.received.at(-1)?.final).toBe(true);
    expect(new Set(server.received.flatMap(results).map(({ cmdRef }) => cmdRef))).toEqual(new Set(['1']));
    expect(Math.max(...server.texts.map((text) => text.length))).toBeLessThanOrEqual(1_800);
  });

  test('a MaxMsgSize of the server limits the device, too', async () => {
    const size = "<Meta><MaxMsgSize xmlns='syncml:metinf'>1200</MaxMsgSize></Meta>";
    const server = script(
      (message) => serverMessage(message, statuses(message, 212) + list, { header: size }),
      ...Array.from(
        { length: 20 },
        () =>
          (message: WireMessage): string =>
            message.final ? serverMessage(message, statuses(message)) : nextMessage(message),
      ),
    );
    await runSession(device(), server.world);
    expect(Math.max(...server.texts.slice(1).map((text) => text.length))).toBeLessThanOrEqual(1_200);
  });

  test('commands or Final while the package of the device is open are faults', async () => {
    const server = script(
      (message) => serverMessage(message, statuses(message, 212) + list),
      (message) => serverMessage(message, statuses(message) + getBig),
      ...Array.from(
        { length: 12 },
        () =>
          (message: WireMessage): string =>
            message.final ? serverMessage(message, statuses(message)) : nextMessage(message),
      ),
    );
    const { faults } = await runSession(device(), server.world);
    expect(faults).toEqual([
      'message 2: Final while the package of the device is open',
      'message 2: no Alert 1222',
      'message 2: Get while the package of the device is open',
    ]);
  });
});

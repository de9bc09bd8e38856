/** Values of plain messages that are kept do not keep their message in memory. */
import { expect, test } from 'vitest';
import type { SyncmlMessage } from '../../src/syncml/message.ts';
import type { ParsedMessage } from '../../src/syncml/parse.ts';
import { readPlainWbxml } from '../../src/syncml/plain-wbxml.ts';
import { readPlainXml } from '../../src/syncml/plain-xml.ts';
import { formatMessage } from '../../src/syncml/serialize.ts';
import { encodeWbxmlMessage } from '../../src/syncml/serialize-wbxml.ts';
import { keptMemory } from '../support/kept-memory.ts';

const MESSAGES = 50;
const LARGE = 400_000;

/** Every kind of value, longer than a slice that V8 copies, and a large one in the last command. */
const MESSAGE: SyncmlMessage = {
  header: {
    verDtd: '1.2',
    verProto: 'DM/1.2 of a long name',
    sessionId: 'a session of a long name',
    msgId: 1,
    target: { locUri: 'https://dm.example.com/dm', locName: 'a server of a long name' },
    source: { locUri: 'IMEI:493005100592800', locName: 'a device of a long name' },
    respUri: 'https://dm.example.com/dm/token',
    cred: { meta: { type: 'syncml:auth-basic' }, data: 'QnJ1Y2UyOk9oQmVoYXZl' },
  },
  commands: [
    {
      name: 'Status',
      cmdId: '1234567890123',
      msgRef: 1,
      cmdRef: '1234567890123',
      cmd: 'a command of a long name',
      targetRefs: ['./a/target/of/a/long/name'],
      sourceRefs: ['./a/source/of/a/long/name'],
      chal: { meta: { format: 'a format of a long name', nextNonce: 'QnJ1Y2UyOk9oQmVoYXZl' } },
      data: 200,
      items: [],
    },
    {
      name: 'Alert',
      cmdId: '2',
      data: 'an alert of a long name',
      correlator: 'a correlator of a long name',
      items: [
        { meta: { type: 'a type of a long name', mark: 'a mark of a long name' }, data: 'a value longer than a slice' },
        { data: new Uint8Array(Buffer.from('bytes of a value')) },
      ],
    },
    { name: 'Replace', cmdId: '3', items: [{ data: 'x'.repeat(LARGE) }] },
  ],
  final: true,
};

test.each<[string, () => ParsedMessage | undefined]>([
  ['XML', () => readPlainXml(Buffer.from(formatMessage(MESSAGE)).toString())],
  ['WBXML', () => readPlainWbxml(encodeWbxmlMessage(MESSAGE))],
])('values that are kept do not keep their plain message in %s in memory', async (_, read) => {
  const limit = (MESSAGES * LARGE) / 5;
  const grown = await keptMemory(
    () =>
      Array.from({ length: MESSAGES }, () => {
        const parsed = read();
        if (parsed === undefined) throw new Error('the message does not have the plain form');
        return [parsed.message.header, parsed.message.commands.slice(0, -1)];
      }),
    limit,
  );
  expect(grown).toBeLessThan(limit);
});

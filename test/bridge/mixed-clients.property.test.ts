/** Clients with any mix of the ways of the field: whatever they share, all commands are done, and nothing is done twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mutable } from '../../src/mutable.ts';
import { event } from '../e2e/scripted-device.ts';
import { wbxmlForm } from '../support/transcript/wire-form.ts';
import { BridgeUnderTest, commands, noCommands, notesIn, replied, statusesIn } from './bridge-under-test.ts';
import { type ClientWays, FieldClient } from './field-client.ts';
import { ACCOUNT, capability, DATA, DCMO, DEVDETAIL, SERVER, TREE } from './field-scene.ts';

const NEW_INSTANCE = JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { fm: { Property: 'FM', Enabled: true } } }]);

const mixes = fc
  .record({
    form: fc.constantFrom(undefined, wbxmlForm('1.2', true), wbxmlForm('1.3', false)),
    contentType: fc.constantFrom('application/vnd.syncml.dm+xml', 'application/vnd.syncml+xml'),
    respUri: fc.constantFrom(undefined, 'ignored' as const, 'required' as const),
    devInfoShape: fc.constantFrom(undefined, 'metaOnCommand' as const, 'withInterior' as const),
    maxMsgSize: fc.constantFrom(undefined, 1500, 4000),
    isChallenging: fc.boolean(),
    auth: fc.constantFrom('basic' as const, 'md5' as const),
    lists: fc.subarray(['Struct', 'StructData'] as const),
    credAlways: fc.boolean(),
    resumesAtRespUri: fc.boolean(),
    knowsNoSequence: fc.boolean(),
    hidesAtomic: fc.boolean(),
    hidesMembers: fc.boolean(),
    structDisturbs: fc.boolean(),
    refusesTypes: fc.boolean(),
    endsWithNul: fc.boolean(),
    reordersStatus: fc.boolean(),
  })
  .map(({ form, respUri, devInfoShape, maxMsgSize, isChallenging, ...others }) => {
    const ways: Mutable<ClientWays> = { ...others, devInfo: { Man: 'Maker', Mod: 'Phone', DmV: '1.2' } };
    const isIgnored = respUri === 'ignored';
    // What ignores RespURI must show credentials, and what begins at the old one shows an empty Basic.
    ways.credAlways = others.credAlways || isIgnored;
    ways.resumesAtRespUri = others.resumesAtRespUri && !isIgnored && others.auth === 'basic';
    if (respUri !== undefined) ways.respUri = respUri;
    if (devInfoShape !== undefined) ways.devInfoShape = devInfoShape;
    if (maxMsgSize !== undefined) ways.maxMsgSize = maxMsgSize;
    if (isChallenging) ways.serverPassword = SERVER.password;
    if (form === undefined) return ways;
    // The WBXML of the client is made of XML, which has no NUL.
    return { ...ways, form, endsWithNul: false, contentType: 'application/vnd.syncml.dm+xml' };
  });

/** Inventory, search, write, delete and a new instance. */
function work(session: number): readonly (readonly string[])[] {
  return [
    ['GET', `${DEVDETAIL}//`],
    ['GET', `${DCMO}/*/Property`],
    ['HGET', `${DATA}v${session}`, `${DCMO}/usb/Property`],
    ['DELETE', `${DCMO}/camera`],
    ['HGET', DATA + encodeURIComponent(NEW_INSTANCE)],
  ];
}

/** The tree before each session. */
function reset({ nodes }: FieldClient): void {
  for (const [locUri, node] of Object.entries(capability('camera'))) nodes.set(locUri, node);
  for (const locUri of nodes.keys()) if (locUri.startsWith('./DCMO/fm')) nodes.delete(locUri);
}

test('a client with any mix of ways is served in three sessions', async () => {
  await fc.assert(
    fc.asyncProperty(mixes, async (ways) => {
      let list: readonly (readonly string[])[] = [];
      const bridge = await BridgeUnderTest.open({
        devices: [{ ...ACCOUNT, server: SERVER }],
        accept: ['basic', 'md5'],
        script: ({ purpose, url, headers }) => {
          if (purpose === 'package') {
            return headers['content-type']?.includes('initiation') === true ? commands(...list) : noCommands();
          }
          const body = decodeURIComponent(url.slice(DATA.length));
          return replied(body, 200, { 'content-type': body.startsWith('[') ? 'application/dmmo+json' : 'text/plain' });
        },
      });
      const client = new FieldClient(ACCOUNT, ways, TREE);
      for (const session of [1, 2, 3]) {
        reset(client);
        list = work(session);
        const before = bridge.packages().length;
        await client.session(bridge, `C39${session}`, [
          event(3, [{ type: 'com.example.note', format: 'chr', data: 'event' }]),
        ]);
        await bridge.drained();
        const sent = bridge.packages().slice(before);
        expect({ statuses: statusesIn(sent.at(-1)), alerts: sent.flatMap(notesIn), faults: client.faults }).toEqual({
          statuses: [200, 200, 200, 200, 200],
          alerts: ['event'],
          faults: [],
        });
        expect(client.nodes.get('./DCMO/usb/Property')?.value).toBe(`v${session}`);
        expect(client.nodes.has('./DCMO/camera')).toBe(false);
        expect(client.nodes.get('./DCMO/fm/Property')?.value).toBe('FM');
      }
    }),
    { numRuns: 60 },
  );
});

/** The conversation of the demonstration, as it is printed. */
import { describe, expect, test } from 'vitest';
import {
  backendLines,
  describeMessage,
  describePackage,
  deviceLine,
  paintFor,
} from '../../src/testbed/conversation.ts';
import { readMessage } from '../../src/testbed/device/read-message.ts';

const PLAIN = paintFor({});
const COLOURED = paintFor({ isTTY: true });

const MESSAGE = `<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>
<MsgID>2</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>
<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>212</Data></Status>
<Sequence><CmdID>2</CmdID><Get><CmdID>3</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item></Get>
<Replace><CmdID>4</CmdID><Item><Target><LocURI>./B</LocURI></Target><Data>v</Data></Item></Replace></Sequence>
<Exec><CmdID>5</CmdID><Correlator>c1</Correlator><Item><Target><LocURI>./C</LocURI></Target></Item></Exec><Final/></SyncBody></SyncML>`;

describe('the short form', () => {
  test('a SyncML message is shown by its statuses, commands with LocURIs and values, and Final', () => {
    expect(describeMessage(readMessage(MESSAGE))).toBe(
      '#2  Status 212 · Sequence[Get ./A, Replace ./B = v] · Exec (c1) ./C · Final',
    );
  });

  test('equal Statuses and long Sequences are shortened', () => {
    const status = '<Status><CmdID>9</CmdID><Cmd>Get</Cmd><Data>200</Data></Status>';
    const get = '<Get><CmdID>3</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item></Get>';
    const text = MESSAGE.replace('<Sequence>', `${status.repeat(3)}<Sequence>`).replace(
      '<Get>',
      `${get.repeat(6)}<Get>`,
    );
    expect(describeMessage(readMessage(text))).toBe(
      `#2  Status 212, 200 Get ×3 · Sequence[${'Get ./A, '.repeat(6)}… 2 more] · Exec (c1) ./C · Final`,
    );
  });

  test('Package#3 is shown by its statuses and alerts', () => {
    const body = {
      Status: [{ sc: 200, URI: ['urn:x/1/'] }, { sc: 404 }],
      Alert: [{ AlertType: 'urn:oma:at:x:Done', SourceURI: 'urn:x/1/', Data: { DM1x: 5 } }],
    };
    expect(describePackage(body)).toBe('Status 200 (urn:x/1/) 404 · Alert Done urn:x/1/ {"DM1x":5}');
  });

  test('a long value is cut, and its length is shown', () => {
    const long = readMessage(MESSAGE.replace('<Data>v</Data>', `<Data>${'v'.repeat(100)}</Data>`));
    expect(describeMessage(long)).toContain(`./B = ${'v'.repeat(40)}… (100)`);
  });

  test('DM 2.0 is printed to the right of the device, and colours only on a terminal', () => {
    const event = { type: 'commands', devId: 'IMEI:1', commands: [['GET', 'urn:x//']] } as const;
    expect(backendLines(event, () => 'phone', PLAIN)).toEqual([
      `${' '.repeat(20)}phone ◀══ Package#2`,
      `${' '.repeat(26)}GET urn:x//`,
    ]);
    const fault = { type: 'fault', devId: 'IMEI:1', text: 'no Final' } as const;
    expect(deviceLine(fault, 'phone', PLAIN)).toBe('phone        fault: no Final');
    expect(deviceLine(fault, 'phone', COLOURED)).toContain('\u001b[31mfault: no Final\u001b[0m');
  });
});

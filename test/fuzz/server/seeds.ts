/** What the damage to whole sessions starts from: good messages of each kind, as XML and as WBXML. */
import { SYNCML_1_2 } from '../../../src/syncml/code-pages.ts';
import { encodeWbxml } from '../../../src/wbxml/encode.ts';
import { alert, event, packageOne, results, status, syncml } from '../../e2e/scripted-device.ts';
import { readElement } from '../../support/transcript/wire-form.ts';

export const BRUCE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
/** Of the session that is open when a message of one arrives. */
export const SESSION_ID = '1';

export const MEDIA_TYPES = {
  xml: 'application/vnd.syncml.dm+xml',
  wbxml: 'application/vnd.syncml.dm+wbxml',
} as const;
export type Form = keyof typeof MEDIA_TYPES;

export interface Seed {
  readonly form: Form;
  /** Whether it goes on with a session, or begins one. */
  readonly inSession: boolean;
  readonly body: Buffer;
}

const METINF = 'xmlns="syncml:metinf"';
const HEADER_OK = status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 212);
const GOT = status(2, { msgRef: 1, cmdRef: 4, cmd: 'Get' }, 200);
const CHUNK = results(3, { msgRef: 1, cmdRef: 4 }, './DevDetail/FwV', 'first part, ')
  .replace('</Format>', `</Format><Size ${METINF}>24</Size>`)
  .replace('</Data>', '</Data><MoreData/>');
const TNDS =
  '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>a</NodeName><Path>./b</Path><RTProperties>' +
  '<Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>v</Value></Node></MgmtTree>';
const NOTE = { type: 'com.example.note', format: 'chr', data: 'low &amp; getting lower' };

const BEGINNINGS = [
  packageOne(BRUCE),
  packageOne(BRUCE, { sessionId: 'ffff', meta: `<Meta><MaxMsgSize ${METINF}>2000</MaxMsgSize></Meta>` }),
  packageOne(BRUCE, { locName: 'bruce' }, [event(3, [{ ...NOTE, source: './a/b' }, NOTE], { correlator: 'c1' })]),
  packageOne(BRUCE, { verProto: 'DM/1.2' }, [event(3, [NOTE], { code: 1224 }), event(4, [NOTE], { code: 1230 })]),
  packageOne(BRUCE, {}, [
    alert(3, 1228),
    `<Alert><CmdID>4</CmdID><Data>1229</Data><Item><Data>${TNDS}</Data></Item></Alert>`,
  ]),
  packageOne(BRUCE, { sessionId: '2' }, [], false),
];

const CONTINUATIONS = [
  [HEADER_OK, GOT, results(3, { msgRef: 1, cmdRef: 4 }, './DevDetail/FwV', '7.1')],
  [HEADER_OK, GOT, CHUNK],
  [HEADER_OK, GOT, `${CHUNK.replace('<Data>', '<Data><![CDATA[<x/>]]>')}`, event(9, [NOTE])],
  [
    HEADER_OK,
    status(2, { msgRef: 1, cmdRef: 4, cmd: 'Get' }, 404).replace('<Data>', '<TargetRef>./a</TargetRef><Data>'),
  ],
  [alert(1, 1222)],
  [HEADER_OK, alert(2, 1223)],
  [
    '<Sequence><CmdID>1</CmdID><Atomic><CmdID>2</CmdID><Add><CmdID>3</CmdID><Item><Data>d</Data></Item></Add></Atomic></Sequence>',
  ],
];

const MESSAGES = [
  ...BEGINNINGS.map((xml) => ({ xml, inSession: false })),
  ...CONTINUATIONS.map((commands, at) => ({
    xml: syncml({ sessionId: SESSION_ID, msgId: 2 }, commands, at !== 1 && at !== 4),
    inSession: true,
  })),
];

/** Each message in each form. */
export function makeSeeds(): readonly Seed[] {
  return MESSAGES.flatMap(({ xml, inSession }, at): readonly Seed[] => [
    { form: 'xml', inSession, body: Buffer.from(xml) },
    { form: 'wbxml', inSession, body: Buffer.from(toWbxml(xml, at % 2 === 1)) },
  ]);
}

export function toWbxml(xml: string, textPublicId: boolean): Uint8Array {
  return encodeWbxml(readElement(xml), { type: SYNCML_1_2, textPublicId, literals: true });
}

/**
 * WBXML documents as devices and servers send them, byte by byte, and the messages that they mean.
 *
 * Each was made by hand from the code pages, with the forms of headers that real devices use.
 */
import type { SyncmlMessage } from '../../src/syncml/message.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';
import { bytesOf } from '../wbxml/bytes.ts';

interface Example {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: SyncmlMessage;
}

/** Package#1 of DM 1.3 with basic credentials. */
export const PACKAGE_1: Example = {
  name: 'Package#1 with basic credentials',
  bytes: bytesOf(`
    02 A4 01 6A 00                                ; 1.2, SyncML 1.2, UTF-8, no string table
    6D 6C                                         ; SyncML, SyncHdr
    71 03 "1.2" 00 01  72 03 "DM/1.3" 00 01       ; VerDTD, VerProto
    65 03 "1" 00 01  5B 03 "1" 00 01              ; SessionID, MsgID
    6E 57 03 "http://dm.example/s" 00 01 01       ; Target
    67 57 03 "IMEI:1" 00 01 01                    ; Source
    4E 5A 00 01                                   ; Cred, Meta, MetInf
    47 03 "b64" 00 01  53 03 "syncml:auth-basic" 00 01
    01 00 00 4F 03 "QnJ1Y2UyOk9oQmVoYXZl" 00 01   ; Data, on page 0
    01 5A 00 01 4C 03 "5000" 00 01 01             ; MaxMsgSize
    01 00 00 6B                                   ; SyncBody, on page 0
    46 4B 03 "1" 00 01 4F 03 "1200" 00 01 01      ; Alert
    12 01 01                                      ; Final
  `),
  message: {
    header: {
      verDtd: '1.2',
      verProto: 'DM/1.3',
      sessionId: '1',
      msgId: 1,
      target: { locUri: 'http://dm.example/s' },
      source: { locUri: 'IMEI:1' },
      cred: { meta: { format: 'b64', type: 'syncml:auth-basic' }, data: 'QnJ1Y2UyOk9oQmVoYXZl' },
      meta: { maxMsgSize: 5000 },
    },
    commands: [{ name: 'Alert', cmdId: '1', data: '1200', items: [] }],
    final: true,
  },
};

/** Package#2 of DM 1.1: a challenge, and a Get (which a server would not send with Status 407). */
export const PACKAGE_2: Example = {
  name: 'Package#2 of DM 1.1 with a challenge',
  bytes: bytesOf(`
    02 9F 53 6A 00 6D 6C 71 03 "1.1" 00 01 72 03 "DM/1.1" 00 01 65 03 "7" 00 01 5B 03 "1" 00 01
    6E 57 03 "D" 00 01 01 67 57 03 "S" 00 01 01 01
    6B 69 4B 03 "1" 00 01 5C 03 "1" 00 01 4C 03 "0" 00 01
    4A 03 "SyncHdr" 00 01
    49 5A 00 01
    53 03 "syncml:auth-md5" 00 01 47 03 "b64" 00 01 50 03 "Tm9uY2U=" 00 01
    01 01 00 00
    4F 03 "407" 00 01 01
    53 4B 03 "2" 00 01 54 6E 57 03 "./DevDetail/SwV" 00 01 01 01 01
    12 01 01
  `),
  message: {
    header: {
      verDtd: '1.1',
      verProto: 'DM/1.1',
      sessionId: '7',
      msgId: 1,
      target: { locUri: 'D' },
      source: { locUri: 'S' },
    },
    commands: [
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 1,
        cmdRef: '0',
        cmd: 'SyncHdr',
        targetRefs: [],
        sourceRefs: [],
        chal: { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'Tm9uY2U=' } },
        data: 407,
        items: [],
      },
      { name: 'Get', cmdId: '2', items: [{ target: { locUri: './DevDetail/SwV' } }] },
    ],
    final: true,
  },
};

/** A TNDS document. */
export const TNDS_DOCUMENT = bytesOf(`
  02 00 00 6A 1B                                  ; named in the string table
  "-//OMA//DTD-DM-DDF 1.2//EN" 00
  00 02 60                                        ; DM DDF, MgmtTree
  77 03 "1.2" 00 01                               ; VerDTD
  64 66 03 "n" 00 01                              ; Node, NodeName
  6F 5C 0B 01                                     ; RTProperties, Format chr
  75 61 03 "text/plain" 00 01 01 01               ; Type, MIME
  76 03 "v" 00 01 01 01                           ; Value
`);

const HEADER_1_2 = `6D 6C 71 03 "1.2" 00 01 72 03 "DM/1.2" 00 01 65 03 "1" 00 01 5B 03 "1" 00 01
  6E 57 03 "T" 00 01 01 67 57 03 "S" 00 01 01 01 6B`;
const HEADER_1_2_MESSAGE = {
  verDtd: '1.2',
  verProto: 'DM/1.2',
  sessionId: '1',
  msgId: 1,
  target: { locUri: 'T' },
  source: { locUri: 'S' },
};

/** An Add whose Data is the TNDS document. */
export const ADD_TNDS: Example = {
  name: 'an Add with an embedded TNDS document',
  bytes: Uint8Array.of(
    ...bytesOf(`02 A4 01 6A 00 ${HEADER_1_2}
      45 4B 03 "3" 00 01 54 6E 57 03 "./X" 00 01 01
      5A 00 01 47 03 "xml" 00 01 53 03 "application/vnd.syncml.dmtnds+wbxml" 00 01 01
      00 00 4F C3 4C`),
    ...TNDS_DOCUMENT,
    ...bytesOf('01 01 01 12 01 01'),
  ),
  message: {
    header: HEADER_1_2_MESSAGE,
    commands: [
      {
        name: 'Add',
        cmdId: '3',
        items: [
          {
            target: { locUri: './X' },
            meta: { format: 'xml', type: 'application/vnd.syncml.dmtnds+wbxml' },
            data: TNDS_DOCUMENT,
          },
        ],
      },
    ],
    final: true,
  },
};

const element = (name: string, ...content: readonly Content[]): Element => ({
  name,
  namespace: 'syncml:dmddf1.2',
  content,
});

/** The tree of the TNDS document. */
export const TNDS_TREE = element(
  'MgmtTree',
  element('VerDTD', '1.2'),
  element(
    'Node',
    element('NodeName', 'n'),
    element('RTProperties', element('Format', element('chr')), element('Type', element('MIME', 'text/plain'))),
    element('Value', 'v'),
  ),
);

/** Results with TNDS as elements in Data, on page 2, from a device that names its type in the string table. */
export const INLINE_TNDS: Example = {
  name: 'Results with TNDS as elements',
  bytes: bytesOf(`02 00 00 6A 1D "-//SYNCML//DTD SyncML 1.2//EN" ${HEADER_1_2}
    62 4B 03 "4" 00 01 5C 03 "1" 00 01 4C 03 "2" 00 01
    54 67 57 03 "./X" 00 01 01 5A 00 01 47 03 "xml" 00 01 01 00 00
    4F 00 02 60 77 03 "1.2" 00 01 64 66 03 "n" 00 01 6F 5C 0B 01 75 61 03 "text/plain" 00 01 01 01 76 03 "v" 00 01
    01 01 01 01 01 00 00 12 01 01`),
  message: {
    header: HEADER_1_2_MESSAGE,
    commands: [
      {
        name: 'Results',
        cmdId: '4',
        msgRef: 1,
        cmdRef: '2',
        items: [
          {
            source: { locUri: './X' },
            meta: { format: 'xml' },
            data: [TNDS_TREE],
          },
        ],
      },
    ],
    final: true,
  },
};

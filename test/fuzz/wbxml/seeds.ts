/** The messages that are damaged. Each has other tokens. */
import { ADD_TNDS, INLINE_TNDS, PACKAGE_1, PACKAGE_2 } from '../../syncml/wbxml-examples.ts';
import { bytesOf } from '../../wbxml/bytes.ts';

const HEADER = `6D 6C 71 03 "1.2" 00 01 72 03 "DM/1.2" 00 01 65 03 "1" 00 01 5B 03 "1" 00 01 6E 57 03 "T" 00 01 01
  67 57 03 "S" 00 01 01 01 6B`;

export const SEEDS: readonly Uint8Array[] = [
  PACKAGE_1.bytes,
  PACKAGE_2.bytes,
  ADD_TNDS.bytes,
  INLINE_TNDS.bytes,
  // With strings and a tag out of the string table, attributes, an entity and a processing instruction.
  bytesOf(`03 00 06 6A 28 "chr" 00 "X" 00 "-//SYNCML//DTD SyncML 1.2//EN" 00 "1.2" 00 43 05 03 "p" 00 01
    ED 04 00 03 "SYNCML:SYNCML1.2" 00 01 ${HEADER.slice(3)}
    45 4B 83 24 01 5A 00 01 47 83 00 01 01 54 00 00 4F 02 81 20 83 01 C3 01 00 01 01 01 44 04 4B 03 "9" 00 01 01 12 01 01`),
  // Version 1.0, which has no charset, with an unknown document type; then 1.1 in ISO-8859-1.
  bytesOf(`00 01 00 ${HEADER} 12 01 01`),
  bytesOf(`01 A4 01 04 00 ${HEADER} 46 4B 03 "1" 00 01 4F 03 "1226" 00 01 54 4F 03 E4 F6 FC 00 01 01 01 12 01 01`),
];

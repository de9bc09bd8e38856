/**
 * Names in XML: which characters they have, and one shared string for every name that DM documents use.
 *
 * A reader meets the same sixty names over and over. Finding the shared string from the characters alone saves an
 * allocation per tag and lets everybody after the reader compare names by identity. The table is fixed: what a device
 * sends never enters it.
 *
 * @see XML 1.0 (Fifth Edition) §2.3, Namespaces in XML 1.0 §4
 */

const SYNCML_NAMES =
  'SyncML SyncHdr SyncBody VerDTD VerProto SessionID MsgID Target Source LocURI LocName RespURI NoResp Cred Chal Meta ' +
  'Data Item MoreData Status Results Alert Add Replace Delete Copy Exec Get Atomic Sequence Final Cmd CmdID CmdRef ' +
  'MsgRef TargetRef SourceRef Correlator Archive Lang Map MapItem NoResults NumberOfChanges Put Search Sync SftDel ' +
  'Move Filter Field Record FilterType SourceParent TargetParent';
const METINF_NAMES =
  'MetInf Format Type Mark Size NextNonce MaxMsgSize MaxObjSize Anchor Next Last Version EMI Mem SharedMem FreeMem ' +
  'FreeID FieldLevel';
const DDF_NAMES =
  'MgmtTree VerDTD Node NodeName Path RTProperties DFProperties DFFormat DFType DDFName MIME Value Name Title ACL ' +
  'AccessType DFTitle b64 bin bool chr int node null xml date time float';

const SLOTS = 1024;
const table: (string | undefined)[] = new Array(SLOTS).fill(undefined);

/** 1 for the ASCII characters that may stand within a name, the colon left out because it divides a QName. */
const nameCharacters = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.') {
  nameCharacters[character.charCodeAt(0)] = 1;
}

for (const name of `${SYNCML_NAMES} ${METINF_NAMES} ${DDF_NAMES}`.split(' ')) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = nextHash(hash, name.charCodeAt(i));
  let slot = hash & (SLOTS - 1);
  while (table[slot] !== undefined && table[slot] !== name) slot = (slot + 1) & (SLOTS - 1);
  table[slot] = name;
}

/** Folds one more character of a name into its hash. */
export function nextHash(hash: number, character: number): number {
  return (Math.imul(hash, 31) + character) | 0;
}

/** Whether a character code may stand within the local part of a name; beyond ASCII `isNcName` has the last word. */
export function isNameCharacter(code: number): boolean {
  return code < 128 ? nameCharacters[code] === 1 : code >= 128;
}

/** The shared string equal to `text` from `start` to `end`, when it is a known name; `hash` is that of its characters. */
export function knownName(text: string, start: number, end: number, hash: number): string | undefined {
  let slot = hash & (SLOTS - 1);
  for (;;) {
    const name = table[slot];
    if (name === undefined) return undefined;
    if (name.length === end - start && startsAt(text, name, start)) return name;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** The shared string equal to a name, or the name itself. */
export function sharedName(name: string): string {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = nextHash(hash, name.charCodeAt(i));
  return knownName(name, 0, name.length, hash) ?? name;
}

/** `text.startsWith(part, at)`, which for short parts is slower than a loop. */
export function startsAt(text: string, part: string, at: number): boolean {
  for (let i = 0; i < part.length; i++) {
    if (text.charCodeAt(at + i) !== part.charCodeAt(i)) return false;
  }
  return true;
}

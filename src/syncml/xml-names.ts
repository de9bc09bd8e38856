/**
 * The characters of XML names, and one shared string for each element name of DM documents.
 *
 * Messages repeat the same sixty names. A hash table finds the shared string directly from the characters in the text.
 * This saves an allocation per tag, and later comparisons of names are comparisons of pointers. The table is fixed: a
 * name that a device sends never enters it.
 *
 * @see XML 1.0 (Fifth Edition) §2.3, Namespaces in XML 1.0 §4
 */
import { interned } from '../wbxml/interned.ts';

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

/** 1 for each ASCII character of a local name. The colon is not one: it divides a qualified name. */
const nameCharacters = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.') {
  nameCharacters[character.charCodeAt(0)] = 1;
}

for (const text of `${SYNCML_NAMES} ${METINF_NAMES} ${DDF_NAMES}`.split(' ')) {
  const name = interned(text);
  let slot = hashOf(name) & (SLOTS - 1);
  while (table[slot] !== undefined && table[slot] !== name) slot = (slot + 1) & (SLOTS - 1);
  table[slot] = name;
}

/** Returns the hash of a name with one more character. */
export function nextHash(hash: number, character: number): number {
  return (Math.imul(hash, 31) + character) | 0;
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = nextHash(hash, name.charCodeAt(i));
  return hash;
}

/** True for a character that a local name may have. All characters beyond ASCII pass; `isNcName` decides about them. */
export function isNameCharacter(code: number): boolean {
  // charCodeAt returns NaN after the end of the text, and NaN must not pass.
  return code < 128 ? nameCharacters[code] === 1 : code >= 128;
}

/** The shared string equal to `text` from `start` to `end`, if it is a known name; `hash` is the hash of that part. */
export function knownName(text: string, start: number, end: number, hash: number): string | undefined {
  let slot = hash & (SLOTS - 1);
  for (;;) {
    const name = table[slot];
    if (name === undefined) return undefined;
    if (name.length === end - start && startsAt(text, name, start)) return name;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** The shared string equal to a known name; any other name itself. */
export function sharedName(name: string): string {
  return knownName(name, 0, name.length, hashOf(name)) ?? name;
}

/** The same as `text.startsWith(part, at)`, and faster for short parts. */
export function startsAt(text: string, part: string, at: number): boolean {
  for (let i = 0; i < part.length; i++) {
    if (text.charCodeAt(at + i) !== part.charCodeAt(i)) return false;
  }
  return true;
}

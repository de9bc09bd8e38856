/**
 * JSON text in few bytes: deflated, with a dictionary of the names that the records and trees of all devices have in common.
 *
 * The first byte of packed text is no byte of JSON text, and names the dictionary.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const FORMAT = 2;
/** Shorter texts would gain little. */
const MIN_LENGTH = 128;
/** Longer texts are few, and packing one of them would take too long. */
const MAX_LENGTH = 64 * 1024;
/** A window that holds the dictionary and a record; a larger one takes longer to set up. */
const WINDOW = { windowBits: 13, memLevel: 5 } as const;

/** Part of the file format: another dictionary needs another `FORMAT`. The most frequent words are at the end. */
const DICTIONARY = Buffer.from(
  [
    // Members of records that few devices have.
    '"unseenAnswer":{"nextNonce":"==","nonces":["=="],"alerts":[""]},"reports":[{"requestHash":"=","at":17,"headers":{"content-type":',
    '"application/vnd.syncml.dm+wbxml"},"body":"","isProven":true}],"strikes":[{"command":"[\\"GET\\",\\"[\\"HGET\\",\\"",',
    '"count":1,"at":17}],"tolerated":[""],"rootList":"none","typeProperty":false,"largeObjects":true,"aclList":true,"rightsNames":',
    '{"serverCredType":"syncml:auth-md5","httpCount":1,"outdated":["./"],"overlaidIn":"","mo":"","operator":"","mcc":"","mnc":"",',
    // Trees and lists of roots.
    '{"roots":[{"locUri":"./DMAcc/","type":"urn:oma:mo:oma-dm-dmacc:1.0"},{"locUri":"./SCM","type":"urn:oma:mo:oma-scomo:1.0"},',
    '{"locUri":"./DCMO/","type":"urn:oma:mo:oma-dcmo:1.0"},{"locUri":"./FUMO","type":"urn:oma:mo:oma-fumo:1.0"},{"locUri":"./LAWMO",',
    '"type":"urn:oma:mo:oma-lawmo:1.0"}],"places":{"./":[""]},"absent":["./NAP","./Proxy","./Inbox"]}',
    '{"name":"Name","format":"chr","value":""},{"name":"Version","format":"chr","value":"1.0"},{"name":"State","format":"int",',
    '"value":"0"},{"name":"Enabled","format":"bool","value":"false"},{"name":"","format":"node","children":[{"name":"DevDetail",',
    '"format":"node","children":[{"name":"DevTyp","format":"chr","value":""},{"name":"OEM","format":"chr","value":""},{"name":"FwV",',
    '"format":"chr","value":"1.0"},{"name":"SwV","format":"chr","value":""},{"name":"HwV","format":"chr","value":""},{"name":"LrgObj",',
    '"format":"bool","value":"true"},{"name":"URI","format":"node","children":[{"name":"MaxDepth","format":"chr","value":"0"},',
    '{"name":"MaxTotLen","format":"chr","value":"0"},{"name":"MaxSegLen","format":"chr","value":"0"}]},{"name":"Ext","format":"node",',
    '"children":[]}]}{"name":"DevInfo","format":"node","children":[{"name":"DevID","format":"chr","value":"IMEI:"},{"name":"Man",',
    '"format":"chr","value":""},{"name":"Mod","format":"chr","value":""},{"name":"DmV","format":"chr","value":"1.2"},{"name":"Lang",',
    '"format":"chr","value":"en-US"},{"name":"DevType","format":"chr","value":""},{"name":"OEM","format":"chr","value":""},',
    '{"name":"FwV","format":"chr","value":""},{"name":"SwV","format":"chr","value":""},{"name":"HwV","format":"chr","value":""}]}',
    // The record of a device.
    '{"devId":"IMEI:","credentials":{"user":"","md5":"==","sha256":"=","basic":"=","ha1Md5":"","ha1Sha256":""},',
    '"values":{"manufacturer":"","model":""},"facts":{"usesRespUri":true,"list":"StructData"},"miids":{"urn:oma:mo:oma-dm-dmacc:1.0":',
    '{"DMAcc":"./DMAcc/"},"urn:oma:mo:oma-fumo:1.0":{"FUMO":"./FUMO"},"urn:oma:mo:oma-scomo:1.0":{"SCM":"./SCM"},',
    '"urn:oma:mo:oma-dcmo:1.0":{"":"./DCMO/"},"urn:oma:mo:oma-dm-devinfo:1.2":{"DevInfo":"./DevInfo"},',
    '"urn:oma:mo:oma-dm-devdetail:1.0":{"DevDetail":"./DevDetail"}},"pendingExecs":[],"accountValues":{},"nextSeq":1,',
    '"clientNonce":"==","usedNonce":"==","serverNonce":"==","firstSeen":17,"lastSeen":17,"devInfo":{"./DevInfo/DevId":"IMEI:",',
    '"./DevInfo/Man":"","./DevInfo/Mod":"","./DevInfo/DmV":"1.2","./DevInfo/Lang":"en-US"},"devInfoFormats":{},"cache":{"copies":{',
    '"urn:oma:mo:oma-dm-devinfo:1.2 ./DevInfo":{"parts":["./DevInfo","./DevDetail/DevTyp","./DevDetail/OEM","./DevDetail/FwV",',
    '"./DevDetail/SwV","./DevDetail/HwV"],"of":"values","validator":"","confirmable":true,"at":17,',
    '"version":"[\\"./DevInfo/DmV\\",\\"1.2\\"]","chain":1},"urn:oma:mo:oma-dm-devdetail:1.0 ./DevDetail":{"parts":["./DevDetail"],',
    '"of":"values","validator":"","confirmable":true,"at":17,"version":"[\\"./DevInfo/DmV\\",\\"1.2\\"]","chain":1},"":{"parts":["."],',
    '"of":"structure","validator":"","confirmable":true,"at":17,"version":"[\\"./DevInfo/DmV\\",\\"1.2\\"]","chain":1,"outdated":["./"]}},',
    '"chain":1,"isRestless":false}}',
  ].join(''),
);

/** The packed form; undefined for a text that is better kept as it is. */
export function packText(text: string): Uint8Array | undefined {
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return undefined;
  const packed = deflateRawSync(text, { ...WINDOW, dictionary: DICTIONARY });
  return Buffer.concat([Uint8Array.of(FORMAT), packed]);
}

/** True for bytes that `packText` made; false for sealed ones and for JSON text. */
export function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === FORMAT;
}

/** Reads packed bytes, and text in UTF-8. Throws an Error when packed bytes were changed. */
export function unpackText(bytes: Uint8Array): string {
  if (!isPacked(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return inflateRawSync(bytes.subarray(1), { ...WINDOW, dictionary: DICTIONARY }).toString('utf8');
}

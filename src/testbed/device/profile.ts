/** The kind of a simulated device: protocol version, supported functions, authentication, deviations. */

export type CredentialType = 'none' | 'basic' | 'md5';

/** The device runs a Sequence, answers 406, or crashes as one deployed client does. */
export type SequenceSupport = 'supported' | 'refused' | 'fatal';

export interface DeviceProfile {
  readonly version: '1.1' | '1.2' | '1.3';
  /** The credentials of the device; with `none` it has none and gives up at a challenge. */
  readonly auth: CredentialType;
  /** True: credentials in the first message; false: only after a challenge. */
  readonly credFirst: boolean;
  /** True: credentials in every message, even after 212. */
  readonly credAlways: boolean;
  /** True: the device hashes the base64 text of NextNonce instead of its bytes. */
  readonly nonceAsText: boolean;
  /** The credentials that the device demands from the server. */
  readonly serverAuth: CredentialType;
  readonly sequence: SequenceSupport;
  readonly atomic: boolean;
  readonly copy: boolean;
  readonly ui: boolean;
  /** The `?list=` attributes that the device supports. */
  readonly list: readonly ('Struct' | 'StructData' | 'MORoot' | 'MORootData')[];
  /** The node properties that the device supports. */
  readonly props: readonly ('ACL' | 'Format' | 'Name' | 'Size' | 'Title' | 'Type')[];
  /** Bytes; announced in SyncHdr/Meta. */
  readonly maxMsgSize: number;
  /** Bytes; announced when large objects are supported. */
  readonly maxObjSize: number;
  readonly lrgObj: boolean;
  /** Bytes of the largest message the device itself writes. */
  readonly maxOutgoing: number;
  /** True: Add creates missing parents. */
  readonly implicitParents: boolean;
  /** True: Final in every message, even while the package of the server is open. */
  readonly finalAlways: boolean;
  /** The media type of the messages. */
  readonly mediaType: 'application/vnd.syncml.dm+xml' | 'application/vnd.syncml+xml';
}

/** A DM 1.2 device without deviations; models name their differences from it. */
export const DEFAULT_PROFILE: DeviceProfile = {
  version: '1.2',
  auth: 'md5',
  credFirst: true,
  credAlways: false,
  nonceAsText: false,
  serverAuth: 'none',
  sequence: 'supported',
  atomic: true,
  copy: true,
  ui: true,
  list: ['Struct', 'StructData'],
  props: ['ACL', 'Format', 'Name', 'Size', 'Title', 'Type'],
  maxMsgSize: 16_384,
  maxObjSize: 1_048_576,
  lrgObj: true,
  maxOutgoing: 16_384,
  implicitParents: false,
  finalAlways: false,
  mediaType: 'application/vnd.syncml.dm+xml',
};

/** VerDTD and VerProto of a protocol version. */
export function protocolNames(version: DeviceProfile['version']): {
  readonly verDtd: string;
  readonly verProto: string;
} {
  return { verDtd: version === '1.1' ? '1.1' : '1.2', verProto: `DM/${version}` };
}

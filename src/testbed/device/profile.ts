/**
 * What kind of device is simulated: its protocol version, what it supports, how it authenticates, its oddities.
 */

export type CredentialType = 'none' | 'basic' | 'md5';

/** What a device does with a Sequence: runs it, answers 406, or dies of it as one deployed client does. */
export type SequenceSupport = 'supported' | 'refused' | 'fatal';

export interface DeviceProfile {
  readonly version: '1.1' | '1.2' | '1.3';
  /** How the device presents itself; `none` waits for a challenge that never comes, or trusts the transport. */
  readonly auth: CredentialType;
  /** Credentials in the first message, or only when asked for. */
  readonly credFirst: boolean;
  /** Credentials in every message, after 212, too. */
  readonly credAlways: boolean;
  /** The device hashes the base64 text of NextNonce instead of its bytes. */
  readonly nonceAsText: boolean;
  /** What the device demands of the server. */
  readonly serverAuth: CredentialType;
  readonly sequence: SequenceSupport;
  readonly atomic: boolean;
  readonly copy: boolean;
  readonly ui: boolean;
  /** `?list=` attributes that the device answers. */
  readonly list: readonly ('Struct' | 'StructData' | 'MORoot' | 'MORootData')[];
  /** Node properties that the device answers. */
  readonly props: readonly ('ACL' | 'Format' | 'Name' | 'Size' | 'Title' | 'Type')[];
  /** Bytes; announced in SyncHdr/Meta. */
  readonly maxMsgSize: number;
  /** Bytes; announced when large objects are supported. */
  readonly maxObjSize: number;
  readonly lrgObj: boolean;
  /** Bytes of the largest message the device itself writes. */
  readonly maxOutgoing: number;
  /** Add makes missing parents. */
  readonly implicitParents: boolean;
  /** Final in every message, even while the package of the server is open. */
  readonly finalAlways: boolean;
  /** Media type of the messages. */
  readonly mediaType: 'application/vnd.syncml.dm+xml' | 'application/vnd.syncml+xml';
}

/** A well-behaved DM 1.2 phone; models name what differs. */
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

/** VerDTD and VerProto that go with a version. */
export function protocolNames(version: DeviceProfile['version']): {
  readonly verDtd: string;
  readonly verProto: string;
} {
  return { verDtd: version === '1.1' ? '1.1' : '1.2', verProto: `DM/${version}` };
}

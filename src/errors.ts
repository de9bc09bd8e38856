/**
 * Everything that can go wrong with an input, told apart by whose fault it is.
 *
 * Any other throw is a bug. A command that fails on a device is no error but a Status value.
 */

export type DmErrorCode =
  | 'ERR_XML_SYNTAX'
  | 'ERR_XML_LIMIT'
  | 'ERR_WBXML_SYNTAX'
  | 'ERR_WBXML_LIMIT'
  | 'ERR_SYNCML_SHAPE'
  | 'ERR_SYNCML_HEADER'
  | 'ERR_MEDIA_TYPE'
  | 'ERR_TNDS_SHAPE'
  | 'ERR_DDF_SHAPE'
  | 'ERR_ACL_SYNTAX'
  | 'ERR_LOC_URI_SYNTAX'
  | 'ERR_CLIENT_URI_SYNTAX'
  | 'ERR_SERVER_URI_SYNTAX'
  | 'ERR_PACKAGE_SHAPE'
  | 'ERR_MO_DATA_SHAPE'
  | 'ERR_CREDENTIALS_FORM'
  | 'ERR_MSG_ID_ORDER'
  | 'ERR_RESP_URI_UNKNOWN'
  | 'ERR_SESSION_RULE'
  | 'ERR_MAPPING_INVALID'
  | 'ERR_NO_MAPPING'
  | 'ERR_BACKEND_UNREACHABLE'
  | 'ERR_BACKEND_STATUS'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_STORE_STALE'
  | 'ERR_STORE_FAILED'
  | 'ERR_STORE_UNUSABLE';

/** Where it happened; every part that is known helps the operator. */
export interface ErrorPlace {
  readonly device?: string;
  readonly session?: string;
  readonly msgId?: number;
  /** LocURI or ClientURI of the node concerned. */
  readonly node?: string;
  /** Byte or character offset in the input. */
  readonly offset?: number;
  readonly file?: string;
  readonly line?: number;
}

export class DmError extends Error {
  readonly code: DmErrorCode;
  readonly place: ErrorPlace;

  constructor(code: DmErrorCode, message: string, options: { cause?: unknown; place?: ErrorPlace } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.place = options.place ?? {};
  }
}

/** They sent what cannot be read. */
export class DecodeError extends DmError {}
/** Readable, but against the rules of the protocol. */
export class ProtocolError extends DmError {}
/** Legal, but without counterpart on the other side; or a mapping file that is wrong. */
export class MappingError extends DmError {}
/** The backend or the Data Repository did not do its part. */
export class BackendError extends DmError {}
/** The operator's configuration cannot be used. */
export class ConfigError extends DmError {
  /** Every fault found, each `file:line: key: message`. */
  readonly problems: readonly string[];

  constructor(
    code: DmErrorCode,
    message: string,
    options: { cause?: unknown; place?: ErrorPlace; problems?: readonly string[] } = {},
  ) {
    super(code, message, options);
    this.problems = options.problems ?? [message];
  }
}
/**
 * The store cannot keep what it must.
 *
 * - `ERR_STORE_STALE`: the change builds on a version that is no longer current. The medium is sound; the caller loads anew.
 * - `ERR_STORE_FAILED`: the medium, or a contradiction in what was asked for, kept the store from doing its work.
 * - `ERR_STORE_UNUSABLE`: the store cannot be opened: foreign file, newer schema, key that is lost or wrong.
 */
export class StoreError extends DmError {}

/**
 * The HTTP status with which a device's request is answered when no DM message can answer it (design: bad input).
 * Total over the codes: a new code does not compile until it has an answer.
 */
export const HTTP_STATUS = {
  ERR_XML_SYNTAX: 400,
  ERR_XML_LIMIT: 400,
  ERR_WBXML_SYNTAX: 400,
  ERR_WBXML_LIMIT: 400,
  ERR_SYNCML_SHAPE: 400,
  ERR_SYNCML_HEADER: 400,
  ERR_MEDIA_TYPE: 415,
  ERR_TNDS_SHAPE: 400,
  ERR_DDF_SHAPE: 400,
  ERR_ACL_SYNTAX: 400,
  ERR_LOC_URI_SYNTAX: 400,
  ERR_CLIENT_URI_SYNTAX: 400,
  ERR_SERVER_URI_SYNTAX: 400,
  ERR_PACKAGE_SHAPE: 400,
  ERR_MO_DATA_SHAPE: 400,
  ERR_CREDENTIALS_FORM: 400,
  ERR_MSG_ID_ORDER: 400,
  ERR_RESP_URI_UNKNOWN: 404,
  ERR_SESSION_RULE: 400,
  ERR_MAPPING_INVALID: 500,
  ERR_NO_MAPPING: 500,
  ERR_BACKEND_UNREACHABLE: 503,
  ERR_BACKEND_STATUS: 503,
  ERR_CONFIG_INVALID: 500,
  ERR_STORE_STALE: 503,
  ERR_STORE_FAILED: 503,
  ERR_STORE_UNUSABLE: 503,
} as const satisfies Record<DmErrorCode, number>;

/** For the `default` of a `switch` over a closed union: does not compile while a member is left out. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}

/**
 * Everything that can go wrong with an input, told apart by whose fault it is.
 *
 * Any other throw is a bug. A command that fails on a device is no error but a Status value.
 */
import { HTTP } from './http-status.ts';

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
  | 'ERR_NOTIFICATION_FORM'
  | 'ERR_CREDENTIALS_FORM'
  | 'ERR_MSG_ID_ORDER'
  | 'ERR_RESP_URI_UNKNOWN'
  | 'ERR_SESSION_RULE'
  | 'ERR_TREE_INCOMPLETE'
  | 'ERR_MAPPING_INVALID'
  | 'ERR_NO_MAPPING'
  | 'ERR_BACKEND_UNREACHABLE'
  | 'ERR_BACKEND_STATUS'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_STORE_STALE'
  | 'ERR_STORE_FAILED'
  | 'ERR_STORE_IN_USE'
  | 'ERR_STORE_UNUSABLE'
  | 'ERR_OVERLOADED';

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
 * - `ERR_STORE_IN_USE`: another process serves the store.
 * - `ERR_STORE_UNUSABLE`: the store cannot be opened: foreign or damaged file, newer schema, key that is lost or wrong.
 */
export class StoreError extends DmError {}
/** The bridge has no room for the message now; it has changed nothing, and may come again. */
export class OverloadError extends DmError {}

/**
 * The HTTP status of the response to a device's request when no DM message can answer it.
 * The table is total over the codes: a new code does not compile until it has a status.
 */
export const HTTP_STATUS = {
  ERR_XML_SYNTAX: HTTP.badRequest,
  ERR_XML_LIMIT: HTTP.badRequest,
  ERR_WBXML_SYNTAX: HTTP.badRequest,
  ERR_WBXML_LIMIT: HTTP.badRequest,
  ERR_SYNCML_SHAPE: HTTP.badRequest,
  ERR_SYNCML_HEADER: HTTP.badRequest,
  ERR_MEDIA_TYPE: HTTP.unsupportedMediaType,
  ERR_TNDS_SHAPE: HTTP.badRequest,
  ERR_DDF_SHAPE: HTTP.badRequest,
  ERR_ACL_SYNTAX: HTTP.badRequest,
  ERR_LOC_URI_SYNTAX: HTTP.badRequest,
  ERR_CLIENT_URI_SYNTAX: HTTP.badRequest,
  ERR_SERVER_URI_SYNTAX: HTTP.badRequest,
  ERR_PACKAGE_SHAPE: HTTP.badRequest,
  ERR_MO_DATA_SHAPE: HTTP.badRequest,
  ERR_NOTIFICATION_FORM: HTTP.badRequest,
  ERR_CREDENTIALS_FORM: HTTP.badRequest,
  ERR_MSG_ID_ORDER: HTTP.badRequest,
  ERR_RESP_URI_UNKNOWN: HTTP.notFound,
  ERR_SESSION_RULE: HTTP.badRequest,
  ERR_TREE_INCOMPLETE: HTTP.internalServerError,
  ERR_MAPPING_INVALID: HTTP.internalServerError,
  ERR_NO_MAPPING: HTTP.internalServerError,
  ERR_BACKEND_UNREACHABLE: HTTP.serviceUnavailable,
  ERR_BACKEND_STATUS: HTTP.serviceUnavailable,
  ERR_CONFIG_INVALID: HTTP.internalServerError,
  ERR_STORE_STALE: HTTP.serviceUnavailable,
  ERR_STORE_FAILED: HTTP.serviceUnavailable,
  ERR_STORE_IN_USE: HTTP.serviceUnavailable,
  ERR_STORE_UNUSABLE: HTTP.serviceUnavailable,
  ERR_OVERLOADED: HTTP.serviceUnavailable,
} as const satisfies Record<DmErrorCode, number>;

/** For the `default` of a `switch` over a closed union: does not compile while a member is left out. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}

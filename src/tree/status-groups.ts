/** Groups of DM 1.x status codes that devices use with one meaning. */
import { STATUS } from '../syncml/status-codes.ts';

/** True when the node does not exist. */
export function isAbsence(status: number): boolean {
  return status === STATUS.notFound || status === STATUS.gone;
}

/** True when the device refuses the command: by ACL, by access type, or for another reason. */
export function isRefusal(status: number): boolean {
  return status === STATUS.permissionDenied || status === STATUS.commandNotAllowed || status === STATUS.forbidden;
}

/**
 * True when the device says that its answer to a Get is only a part, or that the whole is too large: such an answer proves
 * neither that a node is missing nor the rest of a value (DMREPPRO "Response Status Codes").
 */
export function isPartial(status: number): boolean {
  return PARTIAL.has(status);
}

const PARTIAL: ReadonlySet<number> = new Set([
  STATUS.partialContent,
  STATUS.chunkedItemAccepted,
  STATUS.requestEntityTooLarge,
]);

/** True for the codes with which devices answer a query that they do not support. */
export function isUnsupported(status: number): boolean {
  return UNSUPPORTED_QUERY.has(status);
}

const UNSUPPORTED_QUERY: ReadonlySet<number> = new Set([
  STATUS.badRequest,
  STATUS.forbidden,
  STATUS.commandNotAllowed,
  STATUS.optionalFeatureNotSupported,
  STATUS.uriTooLong,
  STATUS.unsupportedMediaType,
  STATUS.commandFailed,
  STATUS.commandNotImplemented,
]);

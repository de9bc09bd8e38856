/**
 * The response status codes of SyncML, as far as DM names them: what a Status says in its Data.
 *
 * @see DMREPPRO, "Response Status Codes"; DM-1.3 uses them by number
 */

export const STATUS = {
  inProgress: 101,
  ok: 200,
  itemAdded: 201,
  acceptedForProcessing: 202,
  nonAuthoritative: 203,
  noContent: 204,
  resetContent: 205,
  partialContent: 206,
  authenticationAccepted: 212,
  chunkedItemAccepted: 213,
  operationCancelled: 214,
  notExecuted: 215,
  atomicRollBackOk: 216,
  multipleChoices: 300,
  movedPermanently: 301,
  found: 302,
  seeOther: 303,
  notModified: 304,
  useProxy: 305,
  badRequest: 400,
  invalidCredentials: 401,
  paymentRequired: 402,
  forbidden: 403,
  notFound: 404,
  commandNotAllowed: 405,
  optionalFeatureNotSupported: 406,
  missingCredentials: 407,
  requestTimeout: 408,
  conflict: 409,
  gone: 410,
  sizeRequired: 411,
  incompleteCommand: 412,
  requestEntityTooLarge: 413,
  uriTooLong: 414,
  unsupportedMediaType: 415,
  requestedSizeTooBig: 416,
  retryLater: 417,
  alreadyExists: 418,
  deviceFull: 420,
  sizeMismatch: 424,
  permissionDenied: 425,
  commandFailed: 500,
  commandNotImplemented: 501,
  badGateway: 502,
  serviceUnavailable: 503,
  gatewayTimeout: 504,
  dtdVersionNotSupported: 505,
  processingError: 506,
  atomicFailed: 507,
  dataStoreFailure: 510,
  serverFailure: 511,
  protocolVersionNotSupported: 513,
  atomicRollBackFailed: 516,
  atomicResponseTooLarge: 517,
} as const;

/** A code that DM names; a device may send others, which count by their class. */
export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** Whether the code says that the command was carried out, accepted or buffered (2xx). */
export function isSuccess(code: number): boolean {
  return code >= 200 && code < 300;
}

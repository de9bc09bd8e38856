/**
 * The response status codes of DM 1.x: the values of Data in a Status. The codes of data synchronization are left out.
 *
 * @see DMREPPRO "Response Status Codes"; DM-1.3 uses them by number
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

/** True for 2xx. Some codes of this group say that the command was not executed; `isExecuted` leaves them out. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** True for 2xx, except 213 (a part of an object arrived), 214 (cancelled), 215 (not executed) and 216 (rolled back). */
export function isExecuted(status: number): boolean {
  return isSuccess(status) && !(status >= STATUS.chunkedItemAccepted && status <= STATUS.atomicRollBackOk);
}

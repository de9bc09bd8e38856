/**
 * The status codes of DM 2.0 commands, by their labels in DM-2.0 Appendix C. Codes from 1000 to 1999 are application
 * specific and have no names.
 */
export const DM2_STATUS = {
  ok: 200,
  accepted: 202,
  noContent: 204,
  notModified: 304,
  badRequest: 400,
  forbidden: 403,
  notFound: 404,
  commandNotAllowed: 405,
  notAcceptable: 406,
  unsupportedMediaType: 415,
  serverUriError: 419,
  internalError: 500,
  notImplemented: 501,
  unavailable: 503,
  serviceUnavailable: 503,
  deviceFull: 506,
  userRejected: 507,
} as const;

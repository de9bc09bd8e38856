/** The HTTP status codes that this program sends or understands, by their names (RFC 9110 §15). */
export const HTTP = {
  ok: 200,
  accepted: 202,
  nonAuthoritative: 203,
  noContent: 204,
  multipleChoices: 300,
  movedPermanently: 301,
  found: 302,
  seeOther: 303,
  temporaryRedirect: 307,
  permanentRedirect: 308,
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  notAcceptable: 406,
  requestTimeout: 408,
  conflict: 409,
  lengthRequired: 411,
  contentTooLarge: 413,
  unsupportedMediaType: 415,
  unprocessableContent: 422,
  tooEarly: 425,
  tooManyRequests: 429,
  internalServerError: 500,
  notImplemented: 501,
  badGateway: 502,
  serviceUnavailable: 503,
  gatewayTimeout: 504,
  loopDetected: 508,
} as const;

/** True for 2xx. */
export function isHttpSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

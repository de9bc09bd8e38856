/** The ServerURI of a command as the commands use it: parameters filled in, checked against the allow-list (DM-2.0 §6.2). */

import type { ServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isAllowedServerUri, toServerUri } from '../translate/server-uri.ts';
import { requestServerUriValues } from '../workflow/workflow.ts';

/**
 * The URI to use, or the reason why it is not allowed.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function acceptServerUri(
  context: TranslationContext,
  text: string,
): { readonly uri: ServerUri } | { readonly refusal: string } {
  const uri = toServerUri(text, text.includes('[') ? requestServerUriValues() : {});
  if (isAllowedServerUri(context, uri)) return { uri };
  return { refusal: OUTSIDE };
}

const OUTSIDE = 'the ServerURI is outside the allow-list';

/** True for the reason of a request that was refused because of where it would have led. */
export function isServerUriRefusal(reason: string | undefined): boolean {
  return reason === OUTSIDE || reason?.startsWith(FORBIDDEN) === true;
}

/** The beginning of `failureOfReply` for a request that the HTTP client did not make. */
const FORBIDDEN = 'forbidden: ';

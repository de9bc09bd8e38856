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
  return { refusal: 'the ServerURI is outside the allow-list' };
}

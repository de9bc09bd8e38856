/** The ServerURI of a command as the commands use it: parameters filled in, checked against the allow-list (DM-2.0 §6.2). */

import type { ServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isAllowedServerUri, type ServerUriValues, toServerUri } from '../translate/server-uri.ts';
import { emit, type Workflow } from '../workflow/workflow.ts';

/**
 * The URI to use; undefined, and a line in the log, when it is not allowed.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function* acceptServerUri(
  context: TranslationContext,
  values: ServerUriValues,
  text: string,
): Workflow<ServerUri | undefined> {
  const uri = toServerUri(text, values);
  if (isAllowedServerUri(context, uri)) return uri;
  // Path and query may hold credentials of the backend, so the log gets the origin only.
  const facts = { reason: `not in the allow-list: ${new URL(uri).origin}` };
  yield* emit({ type: 'log', event: 'server_uri.refused', facts });
  return undefined;
}

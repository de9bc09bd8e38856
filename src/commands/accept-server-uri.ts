/** ServerURIs as the device's side uses them: parameters filled in, held against the allow-list (DM-2.0 §6.2). */

import type { ManagedDevice } from '../device/managed-device.ts';
import { expandServerUri, isAllowed, parseServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import { emit, type Workflow } from '../workflow/workflow.ts';

/** Values of the `[Parameters]`; what the registry does not tell is undefined and becomes -1. */
export function serverUriValues(device: ManagedDevice): Readonly<Record<string, string | undefined>> {
  const { mnc, mcc, cmnc, cmcc, spName } = device.values;
  return { DevID: device.devId, MNC: mnc, MCC: mcc, CMNC: cmnc, CMCC: cmcc, SPName: spName };
}

/**
 * The URI to use, or undefined when it lies outside the allow-list, which the log then tells.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function* acceptServerUri(
  context: TranslationContext,
  values: Readonly<Record<string, string | undefined>>,
  text: string,
): Workflow<string | undefined> {
  const url = parseServerUri(expandServerUri(text, values));
  if (isAllowed(url, context.allowedServerUris)) return url.href;
  // Behind the origin there may be credentials of the backend's.
  const facts = { reason: `not in the allow-list: ${url.origin}` };
  yield* emit({ type: 'log', event: 'server_uri.refused', facts });
  return undefined;
}

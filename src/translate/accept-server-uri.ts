/** ServerURIs as the device's side uses them: parameters filled in, held against the allow-list (DM-2.0 §6.2). */
import { expandServerUri, isAllowed, parseServerUri } from '../dm2/server-uri.ts';
import type { CrossingContext } from './context.ts';
import type { DeviceKnowledge } from './device-knowledge.ts';

/** Values of the `[Parameters]`; what the registry does not tell is undefined and becomes -1. */
export function serverUriValues(device: DeviceKnowledge): Readonly<Record<string, string | undefined>> {
  const { mnc, mcc, cmnc, cmcc, spName } = device.values;
  return { DevID: device.devId, MNC: mnc, MCC: mcc, CMNC: cmnc, CMCC: cmcc, SPName: spName };
}

/**
 * The URI to use, or undefined when it lies outside the allow-list.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function acceptServerUri(
  context: CrossingContext,
  values: Readonly<Record<string, string | undefined>>,
  text: string,
): string | undefined {
  const url = parseServerUri(expandServerUri(text, values));
  return isAllowed(url, context.allowedServerUris) ? url.href : undefined;
}

/** ServerURIs of commands: their parameters filled in, and checked against the allow-list (DM-2.0 §6.2). */
import type { ManagedDevice } from '../device/managed-device.ts';
import { expandServerUri, isAllowed, parseServerUri, type ServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from './context.ts';

/** Values for the parameters of a ServerURI; an undefined one becomes -1. */
export type ServerUriValues = Readonly<Record<string, string | undefined>>;

/** The values of the device, from its registry entry and its DevInfo. */
export function serverUriValues(device: ManagedDevice): ServerUriValues {
  const { mnc, mcc, cmnc, cmcc, spName } = device.values;
  return { DevID: device.devId, MNC: mnc, MCC: mcc, CMNC: cmnc, CMCC: cmcc, SPName: spName };
}

/**
 * The ServerURI that a command means.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function toServerUri(text: string, values: ServerUriValues): ServerUri {
  return parseServerUri(expandServerUri(text, values));
}

/** True when commands may name this URI. */
export function isAllowedServerUri({ allowedServerUris }: TranslationContext, uri: ServerUri): boolean {
  return isAllowed(new URL(uri), allowedServerUris);
}

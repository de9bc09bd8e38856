/** ServerURIs of commands: their parameters filled in, and checked against the allow-list (DM-2.0 §6.2). */
import type { ManagedDevice } from '../device/managed-device.ts';
import { expandServerUri, isAllowed, parseServerUri, type ServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from './context.ts';

/** Values for the parameters of a ServerURI; an undefined one becomes -1. */
export type ServerUriValues = Readonly<Record<string, string | undefined>>;

/** The values of the device: those of its registry entry, else what the device itself has told last. */
export function serverUriValues({ devId, values, toldValues = {} }: ManagedDevice): ServerUriValues {
  const { mnc, mcc, cmnc, cmcc, spName, manufacturer, model } = values;
  return {
    DevID: devId,
    MNC: mnc || toldValues.MNC,
    MCC: mcc || toldValues.MCC,
    CMNC: cmnc || toldValues.CMNC,
    CMCC: cmcc || toldValues.CMCC,
    SPName: spName || toldValues.SPName,
    // Those of the early draft of DM 2.0.
    MAN: manufacturer || undefined,
    MOD: model || undefined,
    IMEI: /^IMEI:(.+)$/i.exec(devId)?.[1],
  };
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

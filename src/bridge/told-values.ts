/** Keeps what a device tells of the parameters in ServerURIs; the device is never asked for it (DM-2.0 §6.2). */
import type { ToldParameter, ToldParameters } from '../mapping/server-uri-values.ts';
import { type LocUri, readLocUri } from '../mo/loc-uri.ts';
import type { DeviceCell } from './device-cell.ts';

/** Characters of a value. A longer one is not the name of a network or of an operator. */
const MAX_LENGTH = 255;

/**
 * Enters a value into the device's record when it fills in a parameter; a record has at most one value for each.
 * @param address of the leaf as the device wrote it
 */
export function acceptToldValue(parameters: ToldParameters, cell: DeviceCell, address: string, value: string): void {
  const parameter = parameterAt(parameters, address);
  if (parameter === undefined || value.length > MAX_LENGTH) return;
  const { toldValues } = cell.record;
  if (toldValues?.[parameter] === value) return;
  cell.record = { ...cell.record, toldValues: { ...toldValues, [parameter]: value } };
}

function parameterAt(parameters: ToldParameters, address: string): ToldParameter | undefined {
  // Nearly all addresses are in their normal form already.
  if (address.startsWith('./')) return parameters.get(address as LocUri);
  const locUri = readLocUri(address);
  return locUri === undefined ? undefined : parameters.get(locUri);
}

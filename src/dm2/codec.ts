/**
 * Writes Package#1 and #3 as JSON text, and reads Package#2 (DM-2.0 §7.2.1). The bridge is a DM Client here.
 */
import { JsonNumber, parseJson } from '../json-text.ts';
import { type JsonRules, readJson } from './json.ts';
import type { CommandStatus, Content, Dm2Alert, Package1, Package2, Package3, SupportedMo } from './package.ts';
import { validatePackage2 } from './package-schema.ts';
import { Readings } from './readings.ts';

/** The form of `Status` in an account's packages: by the schema (§7.2.1.3), or bare numbers as in Appendix F and I. */
export type StatusForm = 'object' | 'number';

/**
 * Reads Package#2 (DM-2.0 §7.2.1.2). An empty command `[]` is legal here; it fails alone when it is executed.
 * @throws DecodeError ERR_PACKAGE_SHAPE
 */
export function parsePackage2(content: Content | string): Package2 {
  return typeof content === 'string' ? readPackage2(content) : package2Readings.read(content);
}

/** Nothing that a backend has to say is nested deeper than four levels. */
const RULES: JsonRules<Package2> = { validate: validatePackage2, maxDepth: 64, code: 'ERR_PACKAGE_SHAPE' };

/** Packages that were read ahead. */
export const package2Readings = new Readings(readPackage2);

function readPackage2(content: Content | string): Package2 {
  const { CMD } = readJson(content, RULES);
  return { CMD };
}

/** Writes Package#1 (DM-2.0 §7.2.1.1), with the members in the order of the printed examples. */
export function formatPackage1({ MOS, Alert }: Package1): string {
  return JSON.stringify({ MOS: MOS?.map(toWireMo), Alert: Alert.map(toWireAlert) });
}

/** Writes Package#3 (DM-2.0 §7.2.1.3). In the number form the URIs of a status follow it as strings (Appendix I.2). */
export function formatPackage3({ Status, Alert = [] }: Package3, statusForm: StatusForm): string {
  return JSON.stringify({
    Status:
      statusForm === 'number'
        ? Status.flatMap(toNumberForm)
        : Status.map(({ sc, URI, reason }) => ({ sc, URI, reason })),
    Alert: Alert.length === 0 ? undefined : Alert.map(toWireAlert),
  });
}

function toNumberForm({ sc, URI = [] }: CommandStatus): readonly (number | string)[] {
  return [sc, ...URI];
}

function toWireMo({ DDF, MOID, MIID }: SupportedMo) {
  return { DDF, MOID, MIID };
}

/** The alerts as packages have them. */
export function alertsToWire(alerts: readonly Dm2Alert[]): readonly object[] {
  return alerts.map(toWireAlert);
}

function toWireAlert({ AlertType, SourceURI, TargetURI, Mark, DataType, Data, dataText }: Dm2Alert) {
  const data = dataText === undefined ? Data : parseJson(dataText, MAX_DATA_DEPTH);
  return { AlertType, SourceURI, TargetURI, Mark, DataType, Data: data };
}

/** Data of alerts comes from XML, whose depth the reader limits below this. */
const MAX_DATA_DEPTH = 128;

/** The alert in a form that survives JSON with all its digits: a store reads numbers as JavaScript does. */
export function toStorableAlert(alert: Dm2Alert): Dm2Alert {
  if (!holdsJsonNumber(alert.Data)) return alert;
  const { Data, ...others } = alert;
  return { ...others, dataText: JSON.stringify(Data) };
}

function holdsJsonNumber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof JsonNumber || Object.values(value).some(holdsJsonNumber);
}

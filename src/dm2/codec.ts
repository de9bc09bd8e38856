/**
 * Package#1 and #3 as JSON text, and Package#2 from it (DM-2.0 §7.2.1).
 *
 * The bridge is the DM Client here: it writes what a DM Client writes and reads what a DM Server writes.
 */
import { readJson } from './json.ts';
import type { CommandStatus, Content, Dm2Alert, Package1, Package2, Package3, SupportedMo } from './package.ts';
import { validatePackage2 } from './package-schema.ts';

/** How an account wants `Status`: by the schema (§7.2.1.3), or as the bare numbers of Appendix F and I. */
export type StatusForm = 'object' | 'number';

/** Reads Package#2 (DM-2.0 §7.2.1.2); an empty command `[]` is legal here and fails alone, later. */
export function parsePackage2(content: Content | string): Package2 {
  const { CMD } = readJson(content, validatePackage2, 'ERR_PACKAGE_SHAPE');
  return { CMD };
}

/** Writes Package#1 (DM-2.0 §7.2.1.1), names in the order of the printed examples. */
export function formatPackage1({ MOS, Alert }: Package1): string {
  return JSON.stringify({ MOS: MOS?.map(toWireMo), Alert: Alert.map(toWireAlert) });
}

/** Writes Package#3 (DM-2.0 §7.2.1.3); in the number form a status's URIs follow it as strings (Appendix I.2). */
export function formatPackage3({ Status, Alert = [] }: Package3, statusForm: StatusForm): string {
  return JSON.stringify({
    Status: statusForm === 'number' ? Status.flatMap(toNumberForm) : Status.map(({ sc, URI }) => ({ sc, URI })),
    Alert: Alert.length === 0 ? undefined : Alert.map(toWireAlert),
  });
}

function toNumberForm({ sc, URI = [] }: CommandStatus): readonly (number | string)[] {
  return [sc, ...URI];
}

function toWireMo({ DDF, MOID, MIID }: SupportedMo) {
  return { DDF, MOID, MIID };
}

function toWireAlert({ AlertType, SourceURI, TargetURI, Mark, DataType, Data }: Dm2Alert) {
  return { AlertType, SourceURI, TargetURI, Mark, DataType, Data };
}

/** The nodes at which devices tell the values of parameters in ServerURIs: `mappings/server-uri-values.yaml` (DM-2.0 §6.2). */
import type { SchemaProblem } from '../json-schema.ts';
import { type LocUri, readLocUri } from '../mo/loc-uri.ts';

/** A parameter whose value a device may tell. */
export type ToldParameter = 'MCC' | 'MNC' | 'CMCC' | 'CMNC' | 'SPName';

interface ValueRule {
  readonly parameter: ToldParameter;
  readonly locUri: readonly string[];
}

export type ServerUriValuesFile = readonly ValueRule[];

/** The parameter that the value of each of these leaves fills in. */
export type ToldParameters = ReadonlyMap<LocUri, ToldParameter>;

/** Finds what is wrong with a file although its schema accepted it: addresses of no node, parameters and nodes with two rules. */
export function findValueFaults(file: ServerUriValuesFile): readonly SchemaProblem[] {
  const faults: SchemaProblem[] = [];
  const parameters = new Set<string>();
  const nodes = new Set<string>();
  for (const [at, { parameter, locUri }] of file.entries()) {
    if (parameters.has(parameter))
      faults.push({ pointer: `/${at}/parameter`, message: `${parameter} has a rule already` });
    parameters.add(parameter);
    for (const [place, text] of locUri.entries()) {
      const pointer = `/${at}/locUri/${place}`;
      if (readLocUri(text) === undefined) faults.push({ pointer, message: 'must be the address of a node' });
      if (nodes.has(text)) faults.push({ pointer, message: `${text} has a rule already` });
      nodes.add(text);
    }
  }
  return faults;
}

/** The rules of all files; a later file's rule for a parameter replaces an earlier one. */
export function toldParameters(files: readonly ServerUriValuesFile[]): ToldParameters {
  const rules = new Map(files.flat().map((rule) => [rule.parameter, rule.locUri]));
  const nodes = new Map<LocUri, ToldParameter>();
  for (const [parameter, texts] of rules) {
    for (const locUri of texts.map(readLocUri)) if (locUri !== undefined) nodes.set(locUri, parameter);
  }
  return nodes;
}

/** `dmbridge check`: checks a configuration with its mappings and its devices file, and lists the bridged MOs. */

import { checkConfig } from '../config/load.ts';
import type { DdfFileReport } from '../mapping/ddf-files.ts';
import { loadMappings } from '../mapping/load.ts';
import { isSearched, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import { formatMoPlace } from '../mapping/mo-place.ts';
import { newInstanceParents } from '../mapping/placed-definition.ts';
import type { MappingWarning } from '../mapping/yaml-file.ts';
import { checkDevices } from './check-devices.ts';
import { EXIT, parseConfigArguments, print } from './command-line.ts';
import { notificationSettings } from './server/notification-settings.ts';

/** Reads every file that `serve` reads, and opens neither store nor socket. Prints the coverage of each mapping. */
export async function runCheck(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const { config, warnings } = checkConfig(file, process.env);
  const { mappings, ddfs, moIndexes, warnings: mappingWarnings } = loadMappings(config.mappings);
  notificationSettings(config, moIndexes);
  const devices = await checkDevices(config);
  const accounts = Object.keys(config.accounts).length;
  print(`${file}: good (accounts: ${accounts}, mappings: ${mappings.length}, devices: ${devices.count})`);
  for (const warning of [...warnings, ...devices.warnings]) print(warning);
  for (const warning of mappingWarnings) print(describeWarning(warning));
  for (const mapping of mappings) print(describeMapping(mapping).join('\n'));
  for (const report of ddfs) print(describeDdf(report).join('\n'));
  return EXIT.done;
}

function describeWarning({ file, line, old, replacement }: MappingWarning): string {
  const advice = replacement === undefined ? 'it has no effect: remove it' : `write "${replacement}"`;
  return `${file}:${line}: warning: "${old}" is an old spelling, which the next version refuses: ${advice}`;
}

function describeMapping(mapping: MoMapping): readonly string[] {
  const { moid, name, places, definitions = [], alertTypes, find } = mapping;
  const expected = places.map(formatMoPlace).join(', ') || 'found by Type alone';
  const parents = newInstanceParents(mapping).join(', ');
  const parent = parents === '' ? '' : `, new instances below ${parents}`;
  const nodes = descriptionsOf(mapping).flatMap(allNodes).length;
  const lines = [
    '',
    `${moid} (${name})`,
    `  places: ${find === 'virtual' ? 'made by the bridge' : expected}`,
    `  covers: ${nodes} nodes, ${alertTypes.length} alert types${parent}`,
  ];
  for (const { place, description } of definitions) {
    lines.push(`  at ${formatMoPlace(place)}: ${allNodes(description).length} nodes, described for this place alone`);
  }
  const excluded = excludedBy(mapping);
  if (excluded.length > 0) lines.push(`  leaves out: ${excluded.join('; ')}`);
  return lines;
}

/** The parts of an MO that its mapping does not cover. */
function excludedBy(mapping: MoMapping): readonly string[] {
  const excluded: string[] = [];
  const { definitions } = mapping;
  if (newInstanceParents(mapping).length === 0 && isSearched(mapping)) excluded.push('new instances');
  if (mapping.minimumAccess) {
    excluded.push(`checks of access types${definitions === undefined ? '' : ' at other places'}`);
  }
  excluded.push(...mapping.hidden.map((path) => path.join('/')));
  const open = descriptionsOf(mapping)
    .flatMap(allNodes)
    .filter(({ format, children }) => format === 'node' && children.length === 0);
  if (open.length > 0) excluded.push(`what is below ${open.length} interior nodes without description`);
  return excluded;
}

/** The descriptions of an MO: at its places with a definition of their own, and elsewhere. */
function descriptionsOf({ description, definitions = [] }: MoMapping): readonly NodeDescription[] {
  const own = definitions.map((each) => each.description);
  // Without children it says nothing beside them.
  return own.length > 0 && description.children.length === 0 ? own : [description, ...own];
}

function describeDdf({ file, moids, isWholeDevice, warnings, ignored }: DdfFileReport): readonly string[] {
  const content = isWholeDevice ? ['a whole device, which refines other mappings', ...moids] : moids;
  return [
    '',
    `${file}: ${content.join(', ')}`,
    ...warnings.map(({ at, message }) => `  ${at}: ${message}`),
    ...ignored.map(({ element, count, at }) => `  ignored: ${count} ${element}, first at ${at}`),
  ];
}

/** The node and all nodes below it. */
function allNodes(node: NodeDescription): readonly NodeDescription[] {
  return [node, ...node.children.flatMap(allNodes)];
}

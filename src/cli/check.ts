/** `dmbridge check`: would this configuration, with its mappings and its devices file, start? And what is bridged? */
import type { DdfFileReport } from '../mapping/ddf-files.ts';
import { loadMappings } from '../mapping/load.ts';
import { isSearched, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import type { MappingWarning } from '../mapping/yaml-file.ts';
import { EXIT, parseConfigArguments, print, readConfig } from './command-line.ts';
import { readDevicesFile } from './server/devices-file.ts';

/** Reads everything that `serve` reads, opens nothing; tells of each mapping what it covers and what it leaves out. */
export async function runCheck(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const config = readConfig(file);
  const { mappings, ddfs, warnings } = loadMappings(config.mappings);
  const devices = config.devices === undefined ? [] : readDevicesFile(config.devices);
  const accounts = Object.keys(config.accounts).length;
  print(`${file}: good (accounts: ${accounts}, mappings: ${mappings.length}, devices: ${devices.length})`);
  for (const warning of warnings) print(describeWarning(warning));
  for (const mapping of mappings) print(describeMapping(mapping).join('\n'));
  for (const report of ddfs) print(describeDdf(report).join('\n'));
  return EXIT.done;
}

function describeWarning({ file, line, old, replacement }: MappingWarning): string {
  const advice = replacement === undefined ? 'it has no effect: remove it' : `write "${replacement}"`;
  return `${file}:${line}: warning: "${old}" is an old spelling, which the next version refuses: ${advice}`;
}

function describeMapping(mapping: MoMapping): readonly string[] {
  const { moid, name, roots, newInstance, alertTypes, hidden, minimumAccess, description } = mapping;
  const nodes = allNodes(description);
  const open = nodes.filter(({ format, children }) => format === 'node' && children.length === 0).length;
  const leftOut = [
    ...(newInstance === undefined && isSearched(mapping) ? ['new instances'] : []),
    ...(minimumAccess ? ['checks of access types'] : []),
    ...hidden.map((path) => path.join('/')),
    ...(open === 0 ? [] : [`what is below ${open} interior nodes without description`]),
  ];
  const place = mapping.find === 'virtual' ? 'made by the bridge' : roots.join(', ') || 'found by Type alone';
  return [
    '',
    `${moid} (${name})`,
    `  places: ${place}`,
    `  covers: ${nodes.length} nodes, ${alertTypes.length} alert types${newInstance === undefined ? '' : `, new instances below ${newInstance.parent}`}`,
    ...(leftOut.length === 0 ? [] : [`  leaves out: ${leftOut.join('; ')}`]),
  ];
}

function describeDdf({ file, moids, warnings, ignored }: DdfFileReport): readonly string[] {
  return [
    '',
    `${file}: ${moids.join(', ')}`,
    ...warnings.map(({ at, message }) => `  ${at}: ${message}`),
    ...ignored.map(({ element, count, at }) => `  ignored: ${count} ${element}, first at ${at}`),
  ];
}

function allNodes(node: NodeDescription): readonly NodeDescription[] {
  return [node, ...node.children.flatMap(allNodes)];
}

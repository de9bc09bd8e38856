/** DevInfo as Package#1 brings it: one Item for each node of the device's DevInfo tree (DM-1.3 §6.3). */
import type { MoNode } from '../mo/node.ts';

export const DEV_INFO_ROOT = './DevInfo';

/** The DevInfo MO out of its leaves, by LocURI as the device wrote them; some write `./Devinfo`. */
export function devInfoTree(leaves: Readonly<Record<string, string>>): MoNode {
  const children = Object.entries(leaves).reduce<readonly MoNode[]>((nodes, [locUri, value]) => {
    const names = locUri
      .split('/')
      .filter((name) => name !== '.' && name !== '')
      .slice(1);
    return names.length === 0 ? nodes : withLeaf(nodes, names, value);
  }, []);
  return { name: 'DevInfo', format: 'node', type: '', children };
}

/** The value of one DevInfo leaf, whatever the case in which its address is written. */
export function devInfoValue(leaves: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  const wanted = `devinfo/${name}`.toLowerCase();
  return Object.entries(leaves ?? {}).find(([locUri]) => isPath(locUri, wanted))?.[1];
}

/** All versions that DevInfo tells of what the device consists of: while they stay, so does what never changes otherwise. */
export function versionsIn(leaves: Readonly<Record<string, string>> = {}): string {
  const versions = Object.entries(leaves).filter(([locUri]) => /\/(DmV|FwV|SwV|HwV)$/iu.test(locUri));
  return versions
    .map(([locUri, value]) => JSON.stringify([locUri, value]))
    .sort()
    .join();
}

/** True for `wanted` with nothing but `./` or `/` in front, in whatever case. */
function isPath(locUri: string, wanted: string): boolean {
  const start = locUri.length - wanted.length;
  if (start < 0 || start > 2) return false;
  return './'.endsWith(locUri.slice(0, start)) && locUri.slice(start).toLowerCase() === wanted;
}

function withLeaf(nodes: readonly MoNode[], [name = '', ...rest]: readonly string[], value: string): readonly MoNode[] {
  const others = nodes.filter((node) => node.name !== name);
  if (rest.length === 0) return [...others, { name, format: 'chr', value }];
  const own = nodes.find((node) => node.name === name);
  return [...others, { name, format: 'node', type: '', children: withLeaf(own?.children ?? [], rest, value) }];
}

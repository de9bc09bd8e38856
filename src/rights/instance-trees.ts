/** The tree of the DAC MO while the documents of a command are put into it. The cost of a change is that of its instance. */
import type { ClientUri } from '../dm2/client-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';

export class InstanceTrees {
  readonly #root: MoNode;
  /** The sub-trees of the instances, by MOID and MIID. */
  readonly #byLabel = new Map<string, Map<string, MoNode>>();
  readonly #changed = new Set<MoNode>();

  /** @param tree the DAC MO as it was read */
  constructor(tree: MoNode) {
    this.#root = tree;
    for (const { name, children = [] } of tree.children ?? []) {
      this.#byLabel.set(name, new Map(children.map((child) => [child.name, child])));
    }
  }

  /** The tree with all nodes that the address may mean: where it names an instance, with this one only. */
  treeFor({ path: [label, miid] }: ClientUri): MoNode {
    const ofLabel = label?.kind === 'name' ? [label.name] : [...this.#byLabel.keys()];
    const children = ofLabel.map((name): MoNode => {
      const instances = this.#byLabel.get(name);
      const named = miid?.kind === 'name' ? (instances?.get(miid.name) ?? []) : [...(instances?.values() ?? [])];
      return { name, format: 'node', type: '', children: [named].flat() };
    });
    return { ...this.#root, children: children.filter(({ name }) => this.#byLabel.has(name)) };
  }

  /** Puts the node at a path that names an instance. */
  put([label = '', miid = '', ...path]: NodePath, node: MoNode): void {
    const instances = this.#byLabel.get(label);
    const before = instances?.get(miid);
    if (instances === undefined || before === undefined) return;
    const after = withNodeAt(before, path, node);
    instances.set(miid, after);
    this.#changed.add(after);
  }

  /** The sub-tree of the instance after the changes; undefined when there was none. */
  changed({ label, miid }: { readonly label: string; readonly miid: string }): MoNode | undefined {
    const tree = this.#byLabel.get(label)?.get(miid);
    return tree !== undefined && this.#changed.has(tree) ? tree : undefined;
  }
}

function withNodeAt(tree: MoNode, path: NodePath, node: MoNode): MoNode {
  const [name, ...rest] = path;
  if (name === undefined) return node;
  const children = tree.children ?? [];
  const at = children.findIndex((child) => child.name === name);
  const child = children[at];
  const grown = child === undefined ? node : withNodeAt(child, rest, node);
  return { ...tree, children: at < 0 ? [...children, grown] : children.with(at, grown) };
}

/**
 * The management tree of a simulated device: nodes with their properties, addressing, and the Access Control List.
 *
 * Mutable on purpose: a device's tree is its memory. `snapshot` and `restore` give Atomic its roll-back.
 *
 * @see DM-TND 1.2 §7, §9
 */

export const ACCESS_TYPES = ['Add', 'Copy', 'Delete', 'Exec', 'Get', 'Replace'] as const;
export type AccessType = (typeof ACCESS_TYPES)[number];

export const FORMATS = ['b64', 'bin', 'bool', 'chr', 'date', 'float', 'int', 'node', 'null', 'time', 'xml'] as const;
export type Format = (typeof FORMATS)[number];

export interface TreeNode {
  name: string;
  format: Format;
  /** Interior: MOID or ''. Leaf: MIME type. */
  type: string;
  /** Text as it is carried in XML; only on leaves. */
  value: string | undefined;
  /** Only on interior nodes. */
  children: Map<string, TreeNode> | undefined;
  /** '' inherits. */
  acl: string;
  title: string;
  permanent: boolean;
  access: ReadonlySet<AccessType>;
}

/** A LocURI, taken apart: names from the root, and what stands behind the question mark. */
export interface LocUri {
  readonly names: readonly string[];
  readonly query: string | undefined;
}

/** Reads a LocURI; undefined for what the URI rules forbid (trailing slash, `./` inside, `..`). */
export function readLocUri(text: string): LocUri | undefined {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? undefined : text.slice(mark + 1);
  if (path === '.') return { names: [], query };
  const names = path.replace(/^\.\//u, '').split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return undefined;
  return { names, query };
}

/** The absolute LocURI of a node. */
export function formatLocUri(names: readonly string[]): string {
  return names.length === 0 ? '.' : `./${names.join('/')}`;
}

export class DeviceTree {
  private root: TreeNode;

  constructor(root: TreeNode) {
    this.root = root;
  }

  find(names: readonly string[]): TreeNode | undefined {
    return names.reduce<TreeNode | undefined>((at, name) => at?.children?.get(name), this.root);
  }

  /** The value of a leaf by LocURI; undefined when there is none. */
  value(uri: string): string | undefined {
    const address = readLocUri(uri);
    return address && this.find(address.names)?.value;
  }

  /** Sets a leaf as the device itself does, past all access rules. */
  setValue(uri: string, value: string): void {
    const node = this.find(readLocUri(uri)?.names ?? []);
    if (node === undefined || node.children !== undefined) throw new RangeError(`no leaf at ${uri}`);
    node.value = value;
  }

  /** True when the server holds the right by the ACL that counts for the node: its own, or the nearest ancestor's. */
  allows(names: readonly string[], right: string, server: string): boolean {
    const holders = aclHolders(this.effectiveAcl(names), right);
    return holders.includes('*') || holders.includes(server);
  }

  effectiveAcl(names: readonly string[]): string {
    for (let length = names.length; length > 0; length -= 1) {
      const acl = this.find(names.slice(0, length))?.acl;
      if (acl !== undefined && acl !== '') return acl;
    }
    return this.root.acl;
  }

  snapshot(): TreeNode {
    return structuredClone(this.root);
  }

  restore(snapshot: TreeNode): void {
    this.root = snapshot;
  }
}

/** The identifiers that an ACL value gives a right to. */
export function aclHolders(acl: string, right: string): readonly string[] {
  return acl
    .split('&')
    .filter((entry) => entry.startsWith(`${right}=`))
    .flatMap((entry) => entry.slice(right.length + 1).split('+'));
}

/** True for a value that the ACL grammar allows; the empty one inherits. */
export function isAcl(text: string): boolean {
  const identifiers = String.raw`(\*|[^=&*+\s]+)(\+(\*|[^=&*+\s]+))*`;
  const entry = `(Add|Delete|Exec|Get|Replace)=${identifiers}`;
  return text === '' || new RegExp(`^${entry}(&${entry})*$`, 'u').test(text);
}

/** Reads a format name without regard to case. */
export function readFormat(text: string): Format | undefined {
  return FORMATS.find((format) => format === text.toLowerCase());
}

const LEXICAL_FORMS: Partial<Record<Format, RegExp>> = {
  int: /^[+-]?\d{1,10}$/u,
  bool: /^(true|false)$/u,
  b64: /^[A-Za-z0-9+/=\s]*$/u,
  bin: /^[A-Za-z0-9+/=\s]*$/u,
  float: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^(INF|-INF|NaN)$/iu,
  date: /^\d{4}-?\d{2}-?\d{2}$/u,
  time: /^\d{2}:?\d{2}:?\d{2}/u,
  null: /^$/u,
};

/** True when the text is a value of that format (RepPro 1.2, MetaInfo 1.2 §5.3.2). */
export function isValueOf(format: Format, text: string): boolean {
  return LEXICAL_FORMS[format]?.test(text) ?? true;
}

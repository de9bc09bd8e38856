/**
 * The management tree of a simulated device: nodes with their properties, addressing, and the Access Control List.
 *
 * The tree is mutable, because it is the memory of the device. Atomic rolls back with `snapshot` and `restore`.
 *
 * @see DM-TND 1.2 §7, §9
 */

export const ACCESS_TYPES = ['Add', 'Copy', 'Delete', 'Exec', 'Get', 'Replace'] as const;
export type AccessType = (typeof ACCESS_TYPES)[number];

export const FORMATS = ['b64', 'bin', 'bool', 'chr', 'date', 'float', 'int', 'node', 'null', 'time', 'xml'] as const;
export type Format = (typeof FORMATS)[number];

/** The commands that an ACL can grant (DM-TND 1.2 §7.7.1). */
export const ACL_COMMANDS = ['Add', 'Delete', 'Exec', 'Get', 'Replace'] as const;

export interface TreeNode {
  name: string;
  format: Format;
  /** MOID or '' of an interior node; MIME type of a leaf. */
  type: string;
  /** The text as XML has it; undefined for interior nodes. */
  value: string | undefined;
  /** Undefined for leaves. */
  children: Map<string, TreeNode> | undefined;
  /** '' inherits the parent's ACL. */
  acl: string;
  title: string;
  permanent: boolean;
  access: ReadonlySet<AccessType>;
}

/** The parts of a LocURI: names from the root, and the query after the question mark. */
export interface LocUri {
  readonly names: readonly string[];
  readonly query: string | undefined;
}

/** Reads a LocURI; undefined for a form that the URI rules forbid (trailing slash, `./` inside, `..`). */
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

  /** The value of a leaf by LocURI; undefined when there is no such leaf. */
  value(locUri: string): string | undefined {
    const address = readLocUri(locUri);
    return address && this.find(address.names)?.value;
  }

  /** Sets a leaf without access rules, as the device itself does. */
  setValue(locUri: string, value: string): void {
    const node = this.find(readLocUri(locUri)?.names ?? []);
    if (node === undefined || node.children !== undefined) throw new RangeError(`no leaf at ${locUri}`);
    node.value = value;
  }

  /** True when the server has the right by the effective ACL of the node. */
  allows(names: readonly string[], right: string, server: string): boolean {
    const holders = aclHolders(this.effectiveAcl(names), right);
    return holders.includes('*') || holders.includes(server);
  }

  /** The node's own ACL, or that of the nearest ancestor that has one. */
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

/** The ServerIDs that an ACL grants a right to; `*` is every server. */
export function aclHolders(acl: string, right: string): readonly string[] {
  return acl
    .split('&')
    .filter((entry) => entry.startsWith(`${right}=`))
    .flatMap((entry) => entry.slice(right.length + 1).split('+'));
}

/** True for a value that the ACL grammar allows; the empty value inherits. */
export function isAcl(text: string): boolean {
  const identifiers = String.raw`(\*|[^=&*+\s]+)(\+(\*|[^=&*+\s]+))*`;
  const entry = `(${ACL_COMMANDS.join('|')})=${identifiers}`;
  return text === '' || new RegExp(`^${entry}(&${entry})*$`, 'u').test(text);
}

/** Reads the name of a format; case does not matter. */
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

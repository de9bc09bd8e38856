/** HGET of a single value to the leaf that the command's ClientURI names (DM-2.0 §5.3.1, Appendix I.2). */

import { contentBytes } from '../../dm2/content.ts';
import type { Content } from '../../dm2/package.ts';
import { MappingError } from '../../errors.ts';
import { describeNode } from '../../mapping/mapping.ts';
import { isInterior, type MoNode, type NodeFormat } from '../../mo/node.ts';
import type { CrossingContext } from '../context.ts';
import { isChangeable, isMade } from '../made-objects.ts';
import { fromMoData } from '../mo-data.ts';
import type { CommandResult } from '../north-session.ts';
import { note, type Procedure, preparing } from '../procedure.ts';
import { type Addressed, readView, type Target } from '../targets.ts';
import { locUriOf } from '../uri.ts';
import { planWrites, type Write } from '../write-plan.ts';
import { writeTree } from '../write-tree.ts';
import { resolveForWrite } from './write-targets.ts';

export function* storeLeaf(
  context: CrossingContext,
  addressed: Addressed,
  mediaType: string,
  content: Content,
): Procedure<CommandResult> {
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind !== 'found') return { status: found.kind === 'status' ? found.status : 404 };
  const writes: Write[] = [];
  for (const target of found.targets) {
    if (isMade(target.root)) {
      const status = yield* storeMadeLeaf(target, content);
      if (status !== 200) return { status };
      continue;
    }
    const planned = yield* planLeaf(target, mediaType, content);
    if ('status' in planned) return planned;
    writes.push(planned);
  }
  return { status: yield* writeTree(context, writes) };
}

/** Text, or `base64:` and the bytes: the form in which the configuration has secrets, too. */
function* storeMadeLeaf({ root, path }: Target, content: Content): Procedure<number> {
  if (!isChangeable(root, path)) return 403;
  const value = 'text' in content ? content.text : `base64:${content.base64}`;
  yield* note({ type: 'accountValue', path: path.join('/'), value });
  return 200;
}

function* planLeaf(
  target: Target,
  mediaType: string,
  content: Content,
): Procedure<Write | { readonly status: number }> {
  const { mapping, root, path } = target;
  const locUri = locUriOf(mapping, root, path);
  const read = yield* preparing(readView(mapping, root, path), [{ locUri, change: 'structure' }]);
  const existing = read.state === 'present' ? read.node : undefined;
  if (read.state === 'failed') return { status: 503 };
  if (existing !== undefined && isInterior(existing)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is an interior node and takes no value`, {
      place: { node: locUri },
    });
  }
  const format = existing?.format ?? describeNode(mapping, path)?.format ?? formatOf(content);
  const node: MoNode = { name: path.at(-1) ?? '', format, type: mediaType, value: toValue(content, format) };
  if (existing !== undefined) return { name: 'Replace', locUri, node, before: existing };
  // A write-only leaf cannot be read, yet it can be there.
  if (read.state === 'refused') return { name: 'Replace', locUri, node };
  const [write] = planWrites({ mapping, root, path }, undefined, node);
  return write ?? { status: 500 };
}

function formatOf(content: Content): NodeFormat {
  return 'text' in content ? 'chr' : 'b64';
}

/** @throws MappingError ERR_MO_DATA_SHAPE when the value is none of that format */
function toValue(content: Content, format: NodeFormat): string {
  if (format === 'b64' || format === 'bin') return Buffer.from(contentBytes(content)).toString('base64');
  if (!('text' in content)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `bytes that are no text for a node of format ${format}`);
  }
  return fromMoData(content.text, '', () => undefined, { name: '', format }).value ?? '';
}

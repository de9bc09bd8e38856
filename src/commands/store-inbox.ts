/**
 * HGET into the Inbox: one Add with the whole document. The device itself finds the places of the MOs by their MOIDs, so nothing
 * is read before (DM-2.0 §5.3.1; TNDS 1.2 "Inbox").
 */

import { parseMoData } from '../dm2/mo-data.ts';
import type { Content } from '../dm2/package.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { parseLocUri } from '../mo/loc-uri.ts';
import { isMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { TNDS_XML_TYPE } from '../syncml/embedded-document.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import type { Addressed } from '../tree/address.ts';
import { moDataPart } from '../tree/writing/content-part.ts';
import { decodeTndsContent } from '../tree/writing/tnds-content.ts';
import { isDoubtful } from '../tree/writing/write-outcome.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, inParts, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { formatTnds, readTnds } from '../xml-data/tnds.ts';
import { isXmlElement, isXmlTree } from '../xml-data/xml-tree.ts';
import { addressOfPart } from './store-content.ts';

const INBOX = parseLocUri('./Inbox');

/** True when the command addresses the Inbox itself. */
export function isInbox({ mapping, uri }: Addressed): boolean {
  return uri.path.length === 0 && mapping.places.some(({ kind, locUri }) => kind === 'root' && locUri === INBOX);
}

/** Delivers TNDS, XML or WBXML, without a change of its content. */
export function* deliverTnds(context: TranslationContext, content: Content): Workflow<CommandResult> {
  let text: string;
  let root: MoNode;
  try {
    const document = decodeTndsContent(content);
    if (!isXmlElement(document)) throw notXml();
    root = readTnds(document, INBOX).root;
    text = writeXml(document);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
  if (![root, ...(root.children ?? [])].some(({ type = '' }) => isMoid(type))) throw withoutMoid();
  return yield* deliver(context, text);
}

/** Delivers the one member of `application/dmmo+json`, with the MOID of its ClientURI. */
export function* deliverMoData(context: TranslationContext, content: Content): Workflow<CommandResult> {
  const [data, ...others] = parseMoData(content);
  if (data === undefined || others.length > 0) throw withoutMoid();
  const part = moDataPart(data);
  const addressed = yield* addressOfPart(context, part.clientUri);
  if ('status' in addressed) return addressed;
  const { mapping, uri } = addressed;
  if (uri.path.length > 0 || isInbox(addressed)) throw withoutMoid();
  const node = yield* inParts(part.contentFor({ mapping, root: INBOX, path: [] }, part.label, undefined));
  if (!isXmlTree(node)) throw notXml();
  return yield* deliver(context, formatTnds({ ...node, type: mapping.dm1Moids[0] ?? mapping.moid }));
}

function* deliver(context: TranslationContext, data: string): Workflow<CommandResult> {
  const meta = { format: 'xml', type: TNDS_XML_TYPE };
  const command: CommandDraft = { name: 'Add', items: [{ target: INBOX, meta, data }] };
  const outcomes = yield* writeOnDevice([command], ANYWHERE);
  // The device itself names the node that it makes in the Inbox, so that an object, or a part of it, cannot be found again.
  if (outcomes.some(isDoubtful)) {
    emit({ type: 'log', event: 'write.partial', facts: { failures: 1, left: [INBOX] } });
  }
  return { status: finalStatus(context.statusTable, outcomes, 'HGET') };
}

function notXml(): MappingError {
  return new MappingError('ERR_MO_DATA_SHAPE', 'a name or value that XML cannot hold');
}

function withoutMoid(): MappingError {
  return new MappingError('ERR_MO_DATA_SHAPE', 'the Inbox takes one MO instance with its MOID');
}

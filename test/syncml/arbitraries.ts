/** Generators of typed messages, with all values that the records allow and a message can carry. */
import fc from 'fast-check';
import type {
  Address,
  AlertCommand,
  Chal,
  Command,
  ContainerCommand,
  Cred,
  ExecCommand,
  Item,
  ItemCommand,
  Meta,
  ResultsCommand,
  StatusCommand,
  SyncHdr,
  SyncmlMessage,
} from '../../src/syncml/message.ts';
import { isXmlText } from '../../src/syncml/xml-text.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';

/** Text that XML can hold; some texts are long enough to be slices of their message. */
const xmlText = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...'ab1./&<>"\' \n\r\tß😀]é') }),
    fc.constantFrom('', 'a value longer than a slice', '<MgmtTree>&amp;</MgmtTree>', ']]>', '\uFFFD'),
    fc.string({ unit: 'grapheme' }),
  )
  .filter(isXmlText);

/** Text of an element whose surrounding white space is dropped. */
const trimmed = xmlText.map((text) => text.trim());
const someText = trimmed.filter((text) => text !== '');
const base64 = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const decimal = fc.nat({ max: 4_294_967_295 });

/** Generates records in which any member that is not required may be absent. */
function record<T extends object>(model: { [K in keyof T]-?: fc.Arbitrary<T[K]> }, required: readonly (keyof T)[]) {
  return fc.record(model, { requiredKeys: [...required] });
}

const anyAddress = record<Address>({ locUri: trimmed, locName: trimmed }, ['locUri']);
const address = record<Address>({ locUri: someText, locName: trimmed }, ['locUri']);

const meta: fc.Arbitrary<Meta> = record<Meta>(
  {
    format: fc.constantFrom('chr', 'b64', 'node', 'Chr', ''),
    type: trimmed,
    mark: trimmed,
    size: decimal,
    nextNonce: base64,
    maxMsgSize: decimal,
    maxObjSize: decimal,
  },
  [],
);

const inlineElement: fc.Arbitrary<Element> = fc.letrec<{ element: Element }>((tie) => ({
  element: fc.record({
    name: fc.constantFrom('MgmtTree', 'Node', 'NodeName', 'Value', 'b'),
    namespace: fc.constantFrom('syncml:dmddf1.2', 'SYNCML:SYNCML1.2', 'u"&<', ''),
    content: fc.array(
      fc.oneof(
        { maxDepth: 3 },
        xmlText.filter((text) => text !== ''),
        tie('element'),
      ),
      { maxLength: 3 },
    ),
  }),
})).element;

/** Elements with text around them. */
const markup: fc.Arbitrary<readonly Content[]> = fc
  .array(
    fc.oneof(
      inlineElement,
      xmlText.filter((text) => text !== ''),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .filter((parts) => parts.some((part) => typeof part !== 'string'));

const item: fc.Arbitrary<Item> = record<Item>(
  {
    target: anyAddress,
    source: anyAddress,
    meta,
    data: fc.oneof({ arbitrary: xmlText, weight: 4 }, markup),
    moreData: fc.constant(true as const),
  },
  [],
);

const items = fc.array(item, { maxLength: 3 });
const cmdId = fc.oneof(fc.nat({ max: 999 }).map(String), fc.constant(''));
const reference = fc.nat({ max: 999 });
const chal = record<Chal>({ meta }, ['meta']);
const cred = record<Cred>({ meta, data: trimmed }, ['data']);

const itemCommand = fc
  .constantFrom('Add', 'Copy', 'Delete', 'Get', 'Replace')
  .chain((name) => record<ItemCommand>({ name: fc.constant(name), cmdId, meta, items }, ['name', 'cmdId', 'items']));
const exec = record<ExecCommand>({ name: fc.constant('Exec'), cmdId, meta, correlator: xmlText, items }, [
  'name',
  'cmdId',
  'items',
]);
const alert = record<AlertCommand>(
  { name: fc.constant('Alert'), cmdId, data: fc.constantFrom('1201', '1226', '223', ''), correlator: xmlText, items },
  ['name', 'cmdId', 'data', 'items'],
);
const status = record<StatusCommand>(
  {
    name: fc.constant('Status'),
    cmdId,
    msgRef: reference,
    cmdRef: fc.nat({ max: 999 }).map(String),
    cmd: fc.constantFrom('SyncHdr', 'Get', 'Alert'),
    targetRefs: fc.array(trimmed, { maxLength: 2 }),
    sourceRefs: fc.array(trimmed, { maxLength: 2 }),
    chal,
    data: fc.oneof(fc.constantFrom(0, 200, 507), fc.constant(Number.NaN)),
    items,
  },
  ['name', 'cmdId', 'msgRef', 'cmdRef', 'cmd', 'targetRefs', 'sourceRefs', 'data', 'items'],
);
const results = record<ResultsCommand>(
  {
    name: fc.constant('Results'),
    cmdId,
    msgRef: reference,
    cmdRef: fc.nat({ max: 999 }).map(String),
    meta,
    targetRef: trimmed,
    sourceRef: trimmed,
    items,
  },
  ['name', 'cmdId', 'msgRef', 'cmdRef', 'items'],
);
const unknown = fc.record({
  name: fc.constant('Unknown' as const),
  cmdId,
  element: fc.constantFrom('Put', 'Sync', 'X'),
});

const command: fc.Arbitrary<Command> = fc.letrec<{ command: Command }>((tie) => ({
  command: fc.oneof(
    { maxDepth: 3 },
    itemCommand,
    exec,
    alert,
    status,
    results,
    unknown,
    record<ContainerCommand>(
      {
        name: fc.constantFrom('Atomic', 'Sequence'),
        cmdId,
        meta,
        members: fc.array(tie('command'), { maxLength: 3 }),
      },
      ['name', 'cmdId', 'members'],
    ),
  ),
})).command;

const header = record<SyncHdr>(
  {
    verDtd: fc.constantFrom('1.1', '1.2'),
    verProto: fc.constantFrom('DM/1.1', 'DM/1.2', 'DM/1.3'),
    sessionId: someText,
    msgId: fc.integer({ min: 1, max: 99_999 }),
    target: address,
    source: address,
    respUri: trimmed,
    cred,
    meta,
  },
  ['verDtd', 'verProto', 'sessionId', 'msgId', 'target', 'source'],
);

/** A message that is decoded as it was encoded. */
export const message: fc.Arbitrary<SyncmlMessage> = fc.record({
  header,
  commands: fc.array(command, { maxLength: 5 }),
  final: fc.boolean(),
});

/**
 * The commands of a legacy server → DM 2.0 commands, with the documents that they name.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.3; 1.3 §6.6
 */
import { toPlainItem } from '../dm1/plain-item.ts';
import type { WireCommand } from '../dm2/package.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import {
  type AlertCommand,
  type Command,
  type ContainerCommand,
  commandName,
  type ExecCommand,
  type ItemCommand,
} from '../syncml/message.ts';
import { expectedNodeOf } from './expected-nodes.ts';
import { isUserInteraction, toPage, unshownParameters } from './page.ts';
import { aclTarget, toRightsGet } from './rights-to-dm2.ts';
import type { Dm2Translator, Resource, Warn } from './translation.ts';
import { type NodeWrite, toHgets, toNodeWrites } from './writes-to-dm2.ts';

/** The commands of a Package#2, and the documents of their ServerURIs. */
export interface Dm2Commands {
  readonly commands: readonly WireCommand[];
  readonly resources: readonly Resource[];
}

/** Translates the commands in order; the documents have URLs below `repository`. */
export function toDm2Commands(
  commands: readonly Command[],
  index: MoIndex,
  repository: string,
  warn: Warn,
): Dm2Commands {
  const resources: Resource[] = [];
  const addResource: Dm2Translator['addResource'] = (contentType, content) => {
    const url = `${repository.replace(/\/+$/, '')}/${resources.length + 1}`;
    resources.push({ url, contentType, content });
    return url;
  };
  const list = new CommandList({ index, warn, addResource });
  list.add(commands);
  return { commands: list.close(), resources };
}

/** The translated commands. Writes wait for the next other command, because together they may become one document. */
class CommandList {
  readonly #translator: Dm2Translator;
  readonly #commands: WireCommand[] = [];
  #writes: NodeWrite[] = [];

  constructor(translator: Dm2Translator) {
    this.#translator = translator;
  }

  add(commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.name === 'Add' || command.name === 'Replace') {
        this.#writes.push(...toNodeWrites(command.name, command.items, command.meta));
      } else {
        this.#flushWrites();
        this.#addOther(command);
      }
    }
  }

  close(): readonly WireCommand[] {
    this.#flushWrites();
    return this.#commands;
  }

  #addOther(command: Exclude<Command, { readonly name: 'Add' | 'Replace' }> | ItemCommand): void {
    const { warn } = this.#translator;
    switch (command.name) {
      case 'Get':
        for (const { target } of command.items) this.#addGet(target?.locUri ?? '');
        break;
      case 'Delete':
        for (const { target } of command.items) this.#addForNode('DELETE', target?.locUri ?? '');
        break;
      case 'Exec':
        this.#addExec(command);
        break;
      case 'Copy':
        this.#addCopy(command);
        break;
      case 'Atomic':
      case 'Sequence':
        this.#addMembers(command);
        break;
      case 'Alert':
        this.#addAlert(command);
        break;
      default:
        warn('NO_COUNTERPART', `${commandName(command)} is not a command of a DM Server`, commandName(command));
    }
  }

  #flushWrites(): void {
    this.#commands.push(...toHgets(this.#writes, this.#translator));
    this.#writes = [];
  }

  #clientUri(locUri: string): string | undefined {
    const { index, warn } = this.#translator;
    const node = expectedNodeOf(index, locUri);
    if (node === undefined) warn('NO_MAPPING', 'no mapping expects an MO here', locUri);
    return node?.clientUri;
  }

  #addForNode(name: 'DELETE' | 'EXEC', locUri: string): void {
    const clientUri = this.#clientUri(locUri);
    if (clientUri !== undefined) this.#commands.push([name, clientUri]);
  }

  #addExec({ items }: ExecCommand): void {
    for (const { target, data } of items) {
      const locUri = target?.locUri ?? '';
      if (data !== undefined && data !== '') {
        this.#translator.warn('LOSS', 'EXEC has no argument; the Data of Exec is left out', locUri);
      }
      this.#addForNode('EXEC', locUri);
    }
  }

  /** Without `?list=` the value of an interior node is the list of its children, which is one level of MO data. */
  #addGet(text: string): void {
    const { index, warn } = this.#translator;
    if (aclTarget(text) !== undefined) {
      this.#commands.push(...toRightsGet(text, this.#translator));
      return;
    }
    const [locUri = '', query = ''] = text.split('?');
    if (/^prop=/i.test(query) || /^list=MORoot/i.test(query)) {
      warn('NO_COUNTERPART', 'DM 2.0 reads no properties but access rights; MO roots are in MOS', text);
      return;
    }
    const node = expectedNodeOf(index, locUri);
    if (node === undefined) {
      warn('NO_MAPPING', 'no mapping expects an MO here', locUri);
      return;
    }
    if (/^list=Struct$/i.test(query)) warn('LOSS', 'GET reads the values, too', text);
    const isNameList = query === '' && node.description?.format === 'node';
    this.#commands.push(['GET', `${node.clientUri}${isNameList ? '?lv=1' : ''}`]);
  }

  #addCopy({ items }: ItemCommand): void {
    const { addResource, warn } = this.#translator;
    for (const { source, target } of items) {
      const from = this.#clientUri(source?.locUri ?? '');
      const to = this.#clientUri(target?.locUri ?? '');
      if (from === undefined || to === undefined) continue;
      const url = addResource('application/octet-stream', { text: '' });
      this.#commands.push(['GET', from], ['HGET', url, to]);
      warn('INCOMPLETE', `${url} must have the data of the GET before it`, source?.locUri ?? '');
    }
  }

  #addMembers({ name, members }: ContainerCommand): void {
    if (name === 'Atomic') {
      const message = 'DM 2.0 has no Atomic: when a command fails, the others are not rolled back';
      this.#translator.warn('LOSS', message, name);
    }
    this.add(members);
    this.#flushWrites();
  }

  #addAlert({ data, items }: AlertCommand): void {
    const { addResource, warn } = this.#translator;
    const code = Number(data);
    if (!isUserInteraction(code)) {
      warn('NO_COUNTERPART', `Alert ${data} belongs to the session, which the bridge conducts`, `Alert ${data}`);
      return;
    }
    const plain = items.map((item) => toPlainItem(item));
    if (plain.length < 2) {
      warn('INVALID', 'the Items with the parameters and the text are missing', `Alert ${data}`);
      return;
    }
    for (const parameter of unshownParameters(code, plain)) {
      warn('LOSS', `a page has no counterpart of ${parameter}`, `Alert ${data}`);
    }
    this.#commands.push(['SHOW', addResource('text/html', { text: toPage(code, plain) })]);
  }
}

/**
 * The commands of a legacy server's script → DM 2.0 commands, with the documents that they name.
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
  type ItemCommand,
} from '../syncml/message.ts';
import { isUserInteraction, toPage, unshownParameters } from './page.ts';
import { expectedPlaceOf } from './places.ts';
import { aclTarget, toRightsGet } from './rights-to-dm2.ts';
import type { PlaceResource, Resource, Warn } from './translation.ts';
import { type ScriptWrite, toHgets, toScriptWrites } from './writes-to-dm2.ts';

/** Package#2 and what its ServerURIs stand for. */
export interface Dm2Script {
  readonly commands: readonly WireCommand[];
  readonly resources: readonly Resource[];
}

/** Translates the commands in order; `repository` is the URL under which payloads are placed. */
export function toDm2Script(commands: readonly Command[], index: MoIndex, repository: string, warn: Warn): Dm2Script {
  const resources: Resource[] = [];
  const place: PlaceResource = (contentType, content) => {
    const url = `${repository.replace(/\/+$/, '')}/${resources.length + 1}`;
    resources.push({ url, contentType, content });
    return url;
  };
  const script = new Script(index, place, warn);
  script.take(commands);
  return { commands: script.finish(), resources };
}

class Script {
  readonly #index: MoIndex;
  readonly #place: PlaceResource;
  readonly #warn: Warn;
  readonly #commands: WireCommand[] = [];
  /** Writes that may still become one document. */
  #writes: ScriptWrite[] = [];

  constructor(index: MoIndex, place: PlaceResource, warn: Warn) {
    this.#index = index;
    this.#place = place;
    this.#warn = warn;
  }

  take(commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.name === 'Add' || command.name === 'Replace') {
        this.#writes.push(...toScriptWrites(command.name, command.items, command.meta));
      } else {
        this.#flush();
        this.#takeOther(command);
      }
    }
  }

  finish(): readonly WireCommand[] {
    this.#flush();
    return this.#commands;
  }

  #takeOther(command: Exclude<Command, { readonly name: 'Add' | 'Replace' }> | ItemCommand): void {
    switch (command.name) {
      case 'Get':
        for (const { target } of command.items) this.#get(target?.locUri ?? '');
        break;
      case 'Delete':
        for (const { target } of command.items) this.#simple('DELETE', target?.locUri ?? '');
        break;
      case 'Exec':
        for (const { target, data } of command.items) {
          if (data !== undefined && data !== '') {
            this.#warn('LOSS', 'EXEC carries no argument; the Data of Exec is left out', target?.locUri ?? '');
          }
          this.#simple('EXEC', target?.locUri ?? '');
        }
        break;
      case 'Copy':
        this.#copy(command);
        break;
      case 'Atomic':
      case 'Sequence':
        this.#container(command);
        break;
      case 'Alert':
        this.#alert(command);
        break;
      default:
        this.#warn('NO_COUNTERPART', `${commandName(command)} is no command of a DM Server`, commandName(command));
    }
  }

  #flush(): void {
    this.#commands.push(...toHgets(this.#writes, this.#index, this.#place, this.#warn));
    this.#writes = [];
  }

  #clientUri(locUri: string): string | undefined {
    const found = expectedPlaceOf(this.#index, locUri);
    if (found === undefined) this.#warn('NO_MAPPING', 'no mapping expects an MO here', locUri);
    return found?.clientUri;
  }

  #simple(name: 'DELETE' | 'EXEC', locUri: string): void {
    const clientUri = this.#clientUri(locUri);
    if (clientUri !== undefined) this.#commands.push([name, clientUri]);
  }

  /** Without `?list=` an interior node answers the names of its children, which one level of MO data has, too. */
  #get(text: string): void {
    if (aclTarget(text) !== undefined) {
      this.#commands.push(...toRightsGet(text, this.#index, this.#warn));
      return;
    }
    const [locUri = '', query = ''] = text.split('?');
    if (/^prop=/i.test(query) || /^list=MORoot/i.test(query)) {
      this.#warn('NO_COUNTERPART', 'DM 2.0 reads no properties but access rights; MO roots are in MOS', text);
      return;
    }
    const found = expectedPlaceOf(this.#index, locUri);
    if (found === undefined) {
      this.#warn('NO_MAPPING', 'no mapping expects an MO here', locUri);
      return;
    }
    if (/^list=Struct$/i.test(query)) this.#warn('LOSS', 'GET brings the values, too', text);
    const isNameList = query === '' && found.description?.format === 'node';
    this.#commands.push(['GET', `${found.clientUri}${isNameList ? '?lv=1' : ''}`]);
  }

  #copy({ items }: ItemCommand): void {
    for (const { source, target } of items) {
      const from = this.#clientUri(source?.locUri ?? '');
      const to = this.#clientUri(target?.locUri ?? '');
      if (from === undefined || to === undefined) continue;
      const url = this.#place('application/octet-stream', { text: '' });
      this.#commands.push(['GET', from], ['HGET', url, to]);
      this.#warn('INCOMPLETE', `${url} has to hold what the GET before it answers`, source?.locUri ?? '');
    }
  }

  #container({ name, members }: ContainerCommand): void {
    if (name === 'Atomic') {
      this.#warn('LOSS', 'DM 2.0 has no Atomic: a command that fails does not take back the others', name);
    }
    this.take(members);
    this.#flush();
  }

  #alert({ data, items }: AlertCommand): void {
    const code = Number(data);
    if (!isUserInteraction(code)) {
      this.#warn('NO_COUNTERPART', `Alert ${data} concerns the session, which the bridge conducts`, `Alert ${data}`);
      return;
    }
    const plain = items.map((item) => toPlainItem(item));
    if (plain.length < 2) {
      this.#warn('INVALID', 'the Items of the parameters and of the text are missing', `Alert ${data}`);
      return;
    }
    for (const parameter of unshownParameters(code, plain)) {
      this.#warn('LOSS', `a page has no place for ${parameter}`, `Alert ${data}`);
    }
    const page = toPage(code, plain);
    this.#commands.push(['SHOW', this.#place('text/html', { text: page })]);
  }
}

/** A device that gets and gives objects in chunks, one message after the other (DM-1.3 §8), on the running bridge. */
import type { BridgeProcess, HttpAnswer } from './bridge-process.ts';
import {
  type Account,
  type Answer,
  alert,
  child,
  packageOne,
  readAnswer,
  status,
  syncml,
  textAt,
} from './scripted-device.ts';

const METINF = 'xmlns="syncml:metinf"';

/** Meta of a SyncHdr. */
export function sizes(maxMsgSize: number, maxObjSize = 6_000_000): string {
  return `<Meta><MaxMsgSize ${METINF}>${maxMsgSize}</MaxMsgSize><MaxObjSize ${METINF}>${maxObjSize}</MaxObjSize></Meta>`;
}

/** The command of a message, or its chunk of one. */
export interface Asked {
  readonly name: string;
  readonly cmdId: string;
  readonly locUri: string;
  readonly data: string;
  readonly size: number | undefined;
  readonly more: boolean;
}

export class LargeObjectDevice {
  readonly #bridge: BridgeProcess;
  readonly account: Account;
  /** The last answer of the bridge, as text and as read. */
  body = '';
  answer: Answer | undefined;
  #msgId = 0;
  #sent: { readonly message: string; readonly path: string } = { message: '', path: '' };

  constructor(bridge: BridgeProcess, account: Account) {
    this.#bridge = bridge;
    this.account = account;
  }

  /** Package#1. */
  async begins(meta: string): Promise<void> {
    this.#msgId = 1;
    await this.#post({ message: packageOne(this.account, { meta }), path: '' });
  }

  /** The next message: 200 for our SyncHdr, and these commands; `final: false` leaves Final out. */
  async says(commands: readonly string[], final = true, meta = ''): Promise<void> {
    this.#msgId += 1;
    const header = { devId: this.account.devId, msgId: this.#msgId, meta };
    const synchdr = status(1, { msgRef: this.answer?.msgId ?? 0, cmdRef: 0, cmd: 'SyncHdr' }, 200);
    const token = this.answer?.respUri?.split('/').at(-1);
    // The port changes with the process; a device would come through the balancer.
    await this.#post({ message: syncml(header, [synchdr, ...commands], final), path: `/${token}` });
  }

  /** The same bytes once more, after the bridge was killed perhaps. */
  async repeats(): Promise<HttpAnswer> {
    return await this.#bridge.post(this.#sent.message, this.#sent.path);
  }

  /** The only command of the last answer. */
  get asked(): Asked {
    const [command] = this.answer?.commands ?? [];
    if (command === undefined) throw new Error(`no command: ${this.body}`);
    const { name, cmdId, node } = command;
    const size = textAt(node, 'Item', 'Meta', 'Size');
    return {
      name,
      cmdId,
      locUri: textAt(node, 'Item', 'Target', 'LocURI') ?? '',
      data: child(node, 'Item', 'Data')?.text ?? '',
      size: size === undefined ? undefined : Number(size),
      more: child(node, 'Item', 'MoreData') !== undefined,
    };
  }

  /** A Status for the command of the last answer. */
  statusOf({ cmdId, name }: Asked, code: number): string {
    return status(2, { msgRef: this.answer?.msgId ?? 0, cmdRef: cmdId, cmd: name }, code);
  }

  /** Acknowledges the chunk, or answers 404 to a Get, and takes what comes next. */
  async accepts(meta = ''): Promise<Asked> {
    const asked = this.asked;
    if (asked.more) await this.says([this.statusOf(asked, 213), alert(3, 1222)], false, meta);
    else await this.says([this.statusOf(asked, asked.name === 'Get' ? 404 : 200)], true, meta);
    return asked;
  }

  /** Answers 404 to every Get that comes. */
  async hasNothing(): Promise<void> {
    while (this.answer?.commands[0]?.name === 'Get') await this.accepts();
  }

  /** Sends `value` as Results of the Get in the last answer, `chunkSize` characters in each message. */
  async gives(value: string, chunkSize: number, before: (at: number) => Promise<void> = async () => {}): Promise<void> {
    const { cmdId, locUri } = this.asked;
    const of = this.answer?.msgId ?? 0;
    const source = `<Source><LocURI>${locUri.replace(/\?.*/u, '')}</LocURI></Source>`;
    const format = `<Format ${METINF}>chr</Format>`;
    for (let from = 0; from < value.length; from += chunkSize) {
      await before(from);
      const isLast = from + chunkSize >= value.length;
      const size = from === 0 ? `<Size ${METINF}>${Buffer.byteLength(value)}</Size>` : '';
      const data = value
        .slice(from, from + chunkSize)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;');
      const item = `<Item>${source}<Meta>${format}${size}</Meta><Data>${data}</Data>${isLast ? '' : '<MoreData/>'}</Item>`;
      const got = from === 0 ? [status(2, { msgRef: of, cmdRef: cmdId, cmd: 'Get' }, 200)] : [];
      const piece = `<Results><CmdID>3</CmdID><MsgRef>${of}</MsgRef><CmdRef>${cmdId}</CmdRef>${item}</Results>`;
      await this.says([...got, piece], isLast);
    }
  }

  async #post(sent: { readonly message: string; readonly path: string }): Promise<void> {
    this.#sent = sent;
    const { status: code, body } = await this.#bridge.post(sent.message, sent.path);
    if (code !== 200) throw new Error(`${code}: ${body}`);
    this.body = body;
    this.answer = readAnswer(body);
  }
}

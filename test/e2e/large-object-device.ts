/** A device that receives and sends objects in chunks, in lock step with the running bridge (DM-1.3 §8). */
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

/** Returns the Meta of a SyncHdr. */
export function sizes(maxMsgSize: number, maxObjSize = 6_000_000): string {
  return `<Meta><MaxMsgSize ${METINF}>${maxMsgSize}</MaxMsgSize><MaxObjSize ${METINF}>${maxObjSize}</MaxObjSize></Meta>`;
}

/** The command of a message, or a chunk of one. */
export interface ReceivedCommand {
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
  /** The last answer of the bridge, as text and parsed. */
  body = '';
  answer: Answer | undefined;
  #msgId = 0;
  #sent: { readonly message: string; readonly path: string } = { message: '', path: '' };

  constructor(bridge: BridgeProcess, account: Account) {
    this.#bridge = bridge;
    this.account = account;
  }

  /** Sends Package#1. */
  async startSession(meta: string): Promise<void> {
    this.#msgId = 1;
    await this.#post({ message: packageOne(this.account, { meta }), path: '' });
  }

  /** Sends the next message: Status 200 for the SyncHdr, and these commands. `final: false` leaves Final out. */
  async send(commands: readonly string[], final = true, meta = ''): Promise<void> {
    this.#msgId += 1;
    const header = { devId: this.account.devId, msgId: this.#msgId, meta };
    const synchdr = status(1, { msgRef: this.answer?.msgId ?? 0, cmdRef: 0, cmd: 'SyncHdr' }, 200);
    const token = this.answer?.respUri?.split('/').at(-1);
    // The port of RespURI changes with the process; a device would come through the balancer.
    await this.#post({ message: syncml(header, [synchdr, ...commands], final), path: `/${token}` });
  }

  /** Sends the bytes of the last message once more. */
  async repeatMessage(): Promise<HttpAnswer> {
    return await this.#bridge.post(this.#sent.message, this.#sent.path);
  }

  /** The only command of the last answer. */
  get command(): ReceivedCommand {
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
  statusOf({ cmdId, name }: ReceivedCommand, code: number): string {
    return status(2, { msgRef: this.answer?.msgId ?? 0, cmdRef: cmdId, cmd: name }, code);
  }

  /** Acknowledges the last command, or answers 404 to a Get; returns that command. */
  async acknowledge(meta = ''): Promise<ReceivedCommand> {
    const received = this.command;
    if (received.more) await this.send([this.statusOf(received, 213), alert(3, 1222)], false, meta);
    else await this.send([this.statusOf(received, received.name === 'Get' ? 404 : 200)], true, meta);
    return received;
  }

  /** Answers 404 to Gets until another command comes. */
  async answerGetsWith404(): Promise<void> {
    while (this.answer?.commands[0]?.name === 'Get') await this.acknowledge();
  }

  /** Sends `value` as Results of the Get in the last answer, `chunkSize` characters in each message. */
  async sendObject(
    value: string,
    chunkSize: number,
    before: (at: number) => Promise<void> = async () => {},
  ): Promise<void> {
    const { cmdId, locUri } = this.command;
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
      await this.send([...got, piece], isLast);
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

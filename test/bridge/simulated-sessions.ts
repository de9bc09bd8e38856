/**
 * Sessions of a simulated device with a bridge under test. Each session gives a report: the answers to the backend, the
 * commands for the device, and the bytes between them.
 */
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import type { Content } from '../../src/dm2/package.ts';
import { readMultipart } from '../../src/testbed/backend/multipart.ts';
import { type DeviceSetup, SimulatedDevice } from '../../src/testbed/device/device.ts';
import type { WireCommand } from '../../src/testbed/device/message.ts';
import type { SessionOptions } from '../../src/testbed/device/package-one.ts';
import { runSession } from '../../src/testbed/device/session.ts';
import { buildTree, type NodeData } from '../../src/testbed/device/tree-data.ts';
import {
  BRUCE,
  BridgeUnderTest,
  type BridgeUnderTestOptions,
  commands,
  noCommands,
  PUBLIC_URL,
  replied,
  SRV_URI,
} from './bridge-under-test.ts';

export type Wire = readonly string[];

/** The answer to the backend for one command. */
export interface CommandAnswer {
  readonly status: number;
  /** Members of dmmo+json, or the text of a leaf. */
  readonly data?: unknown;
}

export interface SessionPlan extends SessionOptions {
  /** One list for each Package#2; later ones are END. */
  readonly lists?: readonly (readonly Wire[])[];
  /** More commands in messages of the device, as text, by the number of the message. */
  readonly extra?: Readonly<Record<number, string>>;
  /** The device is switched off before it sends so many messages. */
  readonly diesBefore?: number;
  /** It is switched off before it gets the answer to that message. */
  readonly diesAfter?: number;
  /** Called when the backend has sent a list, and when it has got the answers. */
  readonly onList?: (event: 'sent' | 'answered', list: number) => void;
  /** Called before each message of the device, counted from 1. */
  readonly before?: (message: number) => void | Promise<void>;
}

export interface SessionReport {
  readonly end: string;
  /** By list and command. */
  readonly answers: readonly (readonly CommandAnswer[])[];
  /** Commands for the device but for Alerts, such as `Get ./DevInfo?list=Struct`. */
  readonly asked: readonly string[];
  readonly messages: number;
  readonly bytesToDevice: number;
  readonly bytesFromDevice: number;
  /** The uploads to the Data Repository: JSON, or text. */
  readonly put: readonly unknown[];
  /** The same by URL. */
  readonly putTo: ReadonlyMap<string, unknown>;
  /** The log events `cache.used`. */
  readonly cache: readonly unknown[];
}

export interface SimulatedSessionsOptions
  extends BridgeUnderTestOptions,
    Partial<Pick<DeviceSetup, 'profile' | 'handlers'>> {
  /** Below the root. */
  readonly tree: { readonly [name: string]: NodeData | readonly string[] };
}

export const DATA_URI = new URL('/data/', SRV_URI).href;

export class SimulatedSessions {
  readonly bridge: BridgeUnderTest;
  readonly device: SimulatedDevice;
  /** The documents of the Data Repository, by name. */
  readonly documents = new Map<string, { readonly type: string; readonly text: string }>();

  private constructor(bridge: BridgeUnderTest, { tree, profile, handlers }: SimulatedSessionsOptions) {
    this.bridge = bridge;
    this.device = new SimulatedDevice({
      devId: BRUCE.devId,
      server: { url: PUBLIC_URL, id: 'legacy-dm' },
      account: { user: BRUCE.user, password: BRUCE.password },
      tree: buildTree({ $acl: 'Add=*&Delete=*&Exec=*&Get=*&Replace=*', ...tree }),
      profile: { auth: 'basic', ...profile },
      handlers,
    });
  }

  static async open(options: SimulatedSessionsOptions): Promise<SimulatedSessions> {
    return new SimulatedSessions(await BridgeUnderTest.open(options), options);
  }

  /** Plays a session to its end. */
  async session(plan: SessionPlan = {}): Promise<SessionReport> {
    const {
      lists = [],
      extra = {},
      diesBefore = Number.POSITIVE_INFINITY,
      diesAfter,
      before,
      onList,
      ...options
    } = plan;
    const { bridge } = this;
    const asked: string[] = [];
    const putTo = new Map<string, unknown>();
    const answers: (readonly CommandAnswer[])[] = [];
    const earlier = new Set<string | undefined>(bridge.traces.map(({ session }) => session));
    let [messages, bytesToDevice, bytesFromDevice] = [0, 0, 0];
    bridge.script = (request) => {
      if (request.purpose === 'repository') return this.#repository(request, putTo);
      // A package of an earlier session that the device has left.
      if (earlier.has(bridge.traces.at(-1)?.session)) return noCommands();
      const isFirst = request.headers['content-type'] === 'application/vnd.oma.dm.initiation+json';
      if (!isFirst) {
        answers.push(answersIn(request));
        onList?.('answered', answers.length - 1);
      }
      const list = lists[answers.length];
      onList?.('sent', answers.length);
      return list === undefined ? noCommands() : commands(...list);
    };
    const from = bridge.logs.length;
    const post = async (url: string, headers: Readonly<Record<string, string>>, text: string) => {
      if (messages + 1 >= diesBefore) throw new Error('switched off');
      messages += 1;
      await before?.(messages);
      const token = url === PUBLIC_URL ? undefined : url.slice(PUBLIC_URL.length + 1);
      const body = text.replace('<Final', `${extra[messages] ?? ''}<Final`);
      bytesFromDevice += Buffer.byteLength(body);
      const got = await bridge.post(body, { token, headers });
      bytesToDevice += Buffer.byteLength(got.body);
      if (messages === diesAfter) throw new Error('switched off');
      return { ...got, headers: { ...got.headers, 'content-length': `${Buffer.byteLength(got.body)}` } };
    };
    const onEvent = (event: {
      readonly type: string;
      readonly message?: { readonly commands: readonly WireCommand[] };
    }) => {
      if (event.type === 'received') asked.push(...(event.message?.commands ?? []).flatMap(namesOf));
    };
    const { end } = await runSession(
      this.device,
      { post, onEvent, randomBytes: (count) => new Uint8Array(count) },
      options,
    );
    await bridge.drained();
    const cache = bridge.logs
      .slice(from)
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'cache.used');
    return { end, answers, asked, messages, bytesToDevice, bytesFromDevice, put: [...putTo.values()], putTo, cache };
  }

  /** Plays a session with one list of commands. */
  async run(
    list: readonly Wire[],
    options: SessionPlan = {},
  ): Promise<SessionReport & { readonly first: readonly CommandAnswer[] }> {
    const report = await this.session({ ...options, lists: [list] });
    return { ...report, first: report.answers[0] ?? [] };
  }

  #repository({ method, url, body, headers }: OutgoingRequest, putTo: Map<string, unknown>) {
    if (method === 'GET') {
      const found = this.documents.get(url.slice(DATA_URI.length));
      return found === undefined ? replied('', 404) : replied(found.text, 200, { 'content-type': found.type });
    }
    const text = textOf(body);
    putTo.set(url, (headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : text);
    return replied('', 200);
  }
}

/** CV of the first member. */
export function cvIn(answer: CommandAnswer | undefined): string | undefined {
  const members = answer?.data as readonly { readonly CV?: string }[] | undefined;
  return members?.[0]?.CV;
}

function namesOf({ name, items, members }: WireCommand): readonly string[] {
  if (name === 'Sequence' || name === 'Atomic') return members.flatMap(namesOf);
  return name === 'Alert' || name === 'Status' ? [] : items.map(({ target }) => `${name} ${target}`);
}

function answersIn({ headers, body }: OutgoingRequest): readonly CommandAnswer[] {
  const type = headers['content-type'] ?? '';
  const bytes = Buffer.from(textOf(body));
  const parts = type.startsWith('multipart') ? readMultipart(type, bytes) : [{ name: undefined, type, body: bytes }];
  if (typeof parts === 'string') throw new Error(parts);
  const [first, ...others] = parts;
  const { Status } = JSON.parse(first?.body.toString() ?? '') as {
    readonly Status: readonly { readonly sc: number }[];
  };
  return Status.map(({ sc }, at): CommandAnswer => {
    const part = others.find(({ name }) => name === String(at));
    if (part === undefined) return { status: sc };
    const text = part.body.toString();
    return { status: sc, data: part.type.endsWith('json') ? JSON.parse(text) : text };
  });
}

function textOf(body: Content | undefined): string {
  if (body === undefined) return '';
  return 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
}

/**
 * Plays a DM 2.0 session against a model device, a model repository and a backend that the test controls.
 *
 * The state goes through JSON between any two steps. Where the test wants it, the process stops there, and the session goes
 * on from the stored state.
 */

import { parseDevId } from '../../../src/device/dev-id.ts';
import type { ManagedDevice } from '../../../src/device/managed-device.ts';
import type { OutboxItem } from '../../../src/device/outbox-item.ts';
import type { CommandOutcome, ServerCommand } from '../../../src/dm1/server-command.ts';
import type { Dm1Version } from '../../../src/dm1/session-model.ts';
import { contentFromBytes } from '../../../src/dm2/content.ts';
import type { Content, Dm2Alert } from '../../../src/dm2/package.ts';
import type { RepositoryReply, RepositoryRequest } from '../../../src/dm2/repository.ts';
import { parseServerUri } from '../../../src/dm2/server-uri.ts';
import { loadMappings } from '../../../src/mapping/load.ts';
import { MoIndex } from '../../../src/mapping/mo-index.ts';
import type { NorthInput } from '../../../src/north/north-input.ts';
import type { NorthEffect, NorthState } from '../../../src/north/north-state.ts';
import { openNorthSession, stepNorth } from '../../../src/north/step.ts';
import type { BackendAccount, TranslationContext } from '../../../src/translate/context.ts';
import { readMultipart } from '../../support/dm2/multipart-reader.ts';
import type { ModelDevice } from './device.ts';

export const SRV_URI = parseServerUri('https://backend.example/dm');
export const DATA = 'https://backend.example/data';

export const context: TranslationContext = (() => {
  const { mappings, status: statusTable } = loadMappings();
  const account: BackendAccount = {
    id: 'main',
    serverId: 'srv1',
    url: SRV_URI,
    moids: ['*'],
    statusForm: 'object',
    alwaysSendMos: false,
    reasons: false,
  };
  return {
    index: new MoIndex(mappings),
    statusTable,
    account,
    accounts: [account],
    dm1ServerId: 'legacy-dm',
    allowedServerUris: ['https://backend.example/'],
    northPublicUrl: 'https://bridge.example',
  };
})();

export function knowledgeOf(part: Partial<ManagedDevice> = {}): ManagedDevice {
  return {
    devId: parseDevId('IMEI:1'),
    values: {},
    facts: {},
    miids: {},
    pendingExecs: [],
    accountValues: {},
    ...part,
  };
}

/** Answers of the Data Repository. */
export type Repository = (request: RepositoryRequest) => RepositoryReply;

export interface Scene {
  readonly device: ModelDevice;
  readonly knowledge?: ManagedDevice;
  readonly repository?: Repository;
  readonly context?: TranslationContext;
  /** Another context from the outcomes of that round trip on, counted from 1. */
  readonly changed?: { readonly afterTrip: number; readonly context: TranslationContext };
  readonly version?: Dm1Version;
  readonly outbox?: readonly OutboxItem[];
  /** The number of round trips after which the device leaves. */
  readonly goneAfter?: number;
  /** True when the state does not go through JSON. */
  readonly isOneProcess?: boolean;
  /** True when the process stops after this step. */
  readonly dies?: (step: number) => boolean;
  readonly report?: Dm2Alert;
  /** The order in which the outcomes of a round trip come in; absent: all at once, as from one message. */
  readonly answers?: 'singly' | 'backwards' | undefined;
}

export interface PostedPackage {
  readonly url: string;
  readonly contentType: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** By the index of the GET. */
  readonly data: Readonly<Record<string, { readonly type: string; readonly content: Content }>>;
}

export interface Played {
  readonly state: NorthState;
  readonly packages: readonly PostedPackage[];
  /** Exchanges with the repository, in order. */
  readonly exchanges: readonly RepositoryRequest[];
  /** Messages to the device, each with its commands. */
  readonly trips: readonly (readonly ServerCommand[])[];
  readonly effects: readonly NorthEffect[];
  /** Characters of the longest state between two steps; 0 when the states do not go through JSON. */
  readonly longestState: number;
  /** Everything that happened, such as `GET https://…` and `Replace ./A`. */
  readonly order: readonly string[];
}

export const NOT_THERE: RepositoryReply = { status: 404, headers: {}, body: { text: '' } };

export function document(text: string, contentType = 'application/dmmo+json'): RepositoryReply {
  return { status: 200, headers: { 'content-type': contentType }, body: { text } };
}

/** Package#2 with these commands; further headers where a test needs them. */
export interface BackendAnswer {
  readonly commands: readonly (readonly string[])[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plays until the session has ended. After the last of `answers` the backend sends END. */
export function play(scene: Scene, answers: readonly (BackendAnswer | RepositoryReply)[]): Played {
  const packages: PostedPackage[] = [];
  const exchanges: RepositoryRequest[] = [];
  const trips: (readonly ServerCommand[])[] = [];
  const effects: NorthEffect[] = [];
  const order: string[] = [];
  const left = [...answers];
  const before = scene.context ?? context;
  let state: NorthState = {
    north: openNorthSession('n1', before.account.url, scene.report),
    device: scene.knowledge ?? knowledgeOf(),
  };
  let requests: Extract<NorthEffect, { type: 'request' }>[] = [];
  let queue: ServerCommand[] = [];
  let steps = 0;
  let longestState = 0;
  let isPaused = false;
  const feed = (input: NorthInput): void => {
    const delivered = effects.flatMap((effect) => (effect.type === 'delivered' ? effect.seqs : []));
    const outbox = (scene.outbox ?? []).filter(({ seq }) => !delivered.includes(seq));
    const now = scene.changed !== undefined && trips.length >= scene.changed.afterTrip ? scene.changed.context : before;
    const environment = { context: now, version: scene.version ?? '1.2', at: 1_000, maxCommands: 5_000, outbox };
    const next = stepNorth(environment, state, input);
    const text = scene.isOneProcess === true ? undefined : JSON.stringify(next.state);
    state = text === undefined ? next.state : (JSON.parse(text) as NorthState);
    longestState = Math.max(longestState, text?.length ?? 0);
    for (const effect of JSON.parse(JSON.stringify(next.effects)) as NorthEffect[]) {
      effects.push(effect);
      if (effect.type === 'request') requests.push(effect);
      if (effect.type === 'deviceCommands') queue.push(...effect.commands);
      if (effect.type === 'paused') isPaused = true;
    }
    steps += 1;
    // A POST that was on its way ends the session: not what such a test is about.
    const isRepeatable = requests.every(({ request }) => request.method !== 'POST');
    if (isRepeatable && scene.dies?.(steps) === true) {
      requests = [];
      isPaused = false;
      feed({ type: 'interrupted' });
    }
  };
  const answerPackage = (request: RepositoryRequest): RepositoryReply => {
    packages.push(readPackage(request));
    const answer = left.shift() ?? { commands: [['END']] };
    return 'commands' in answer
      ? { status: 200, headers: answer.headers ?? {}, body: { text: JSON.stringify({ CMD: answer.commands }) } }
      : answer;
  };
  const exchange = (request: RepositoryRequest): RepositoryReply => {
    exchanges.push(request);
    order.push(`${request.method} ${request.url}`);
    return scene.repository?.(request) ?? NOT_THERE;
  };
  feed({ type: 'opened' });
  for (let turn = 0; state.north.phase !== 'ended'; turn += 1) {
    if (turn > 5000) throw new Error('the session does not end');
    if (isPaused) {
      isPaused = false;
      feed({ type: 'resumed' });
      continue;
    }
    const request = requests.shift();
    if (request !== undefined) {
      const answer = request.purpose === 'package' ? answerPackage : exchange;
      feed({ type: 'replied', id: request.id, reply: answer(request.request) });
      continue;
    }
    if (scene.goneAfter !== undefined && trips.length >= scene.goneAfter && !state.north.deviceGone) {
      queue = [];
      feed({ type: 'deviceGone' });
      continue;
    }
    if (queue.length === 0) throw new Error(`nothing can go on: ${JSON.stringify(state.north)}`);
    const commands = queue;
    queue = [];
    trips.push(commands);
    const outcomes = commands.map((command) => {
      order.push(`${command.name} ${command.items[0]?.target ?? ''}`);
      return scene.device.execute(command);
    });
    const inputs: readonly (readonly CommandOutcome[])[] =
      scene.answers === undefined ? [outcomes] : outcomes.map((outcome) => [outcome]);
    const inOrder = scene.answers === 'backwards' ? inputs.toReversed() : inputs;
    for (const some of inOrder) feed({ type: 'outcomes', outcomes: some });
  }
  return { state, packages, exchanges, trips, effects, order, longestState };
}

function readPackage({ url, headers, body }: RepositoryRequest): PostedPackage {
  const contentType = headers['content-type'] ?? '';
  if (body === undefined) throw new Error('a package without body');
  const bytes = 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
  if (!contentType.startsWith('multipart/form-data')) {
    return { url, contentType, json: JSON.parse(bytes.toString('utf8')) as Record<string, unknown>, data: {} };
  }
  const [first, ...parts] = readMultipart(contentType, bytes);
  const data = Object.fromEntries(
    parts.map(({ name = '', contentType: type, content }) => [name, { type, content: contentFromBytes(content) }]),
  );
  const text = Buffer.from(first?.content ?? []).toString('utf8');
  return { url, contentType, json: JSON.parse(text) as Record<string, unknown>, data };
}

/** The result of one package of commands: the statuses, and the data of its GETs. */
export interface Outcome extends Played {
  /** `200`, or `200 <URI>` where the status has URIs. */
  readonly statuses: readonly string[];
  readonly data: PostedPackage['data'];
}

/** One package of commands. */
export function playOne(scene: Scene, commands: readonly (readonly string[])[]): Outcome {
  const played = play(scene, [{ commands }]);
  const answer = played.packages[1];
  const list = (answer?.json.Status ?? []) as readonly { readonly sc: number; readonly URI?: readonly string[] }[];
  const statuses = list.map(({ sc, URI = [] }) => [String(sc), ...URI].join(' '));
  return { ...played, statuses, data: answer?.data ?? {} };
}

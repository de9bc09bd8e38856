/** A session of a `ValueDevice` with a backend that sends one list of commands, and what the backend got of it. */
import type { IncomingReply } from '../../src/bridge/ports.ts';
import type { Content } from '../../src/dm2/package.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import type { Mutable } from '../../src/mutable.ts';
import {
  BRUCE,
  BridgeUnderTest,
  type BridgeUnderTestOptions,
  commands,
  noCommands,
  type SentPackage,
  statusesIn,
} from './bridge-under-test.ts';
import { type DeviceNode, ValueDevice, type ValueDeviceOptions } from './value-device.ts';

export const DATA = 'http://backend.example.com/';
/** An MO that no mapping knows; its instance `one` is at `./Ex/one`. */
export const THING = 'urn:example:mo:thing:1.0/one';

/** The nodes of an MO instance `one` with these leaves. */
export function thing(leaves: Readonly<Record<string, DeviceNode>>): Readonly<Record<string, DeviceNode>> {
  const nodes = Object.entries(leaves).map(([path, node]) => [`./Ex/one/${path}`, node] as const);
  return {
    '.': { format: 'node' },
    './Ex': { format: 'node' },
    './Ex/one': { format: 'node', type: 'urn:example:mo:thing:1.0' },
    ...Object.fromEntries(nodes),
  };
}

export interface ResourceSpec {
  readonly contentType?: string;
  readonly body: string | Content;
}

export interface SceneOptions {
  readonly commands?: readonly (readonly string[])[];
  /** By the path behind `DATA`. */
  readonly resources?: Readonly<Record<string, ResourceSpec>>;
  readonly mappings?: readonly MoMapping[];
  readonly device: ValueDeviceOptions;
  readonly sessions?: number;
}

/** One part of a Package#3 or body of a request to the repository. */
export interface SentPart {
  readonly type: string;
  readonly text: string;
}

export interface SceneResult {
  readonly bridge: BridgeUnderTest;
  readonly device: ValueDevice;
  /** The statuses of the commands, of all sessions. */
  readonly statuses: readonly number[];
  /** The data of GETs. */
  readonly parts: readonly SentPart[];
  readonly packages: readonly SentPackage[];
  /** What went to the Data Repository. */
  readonly uploads: readonly SentPart[];
  readonly quirks: readonly unknown[];
}

/** Plays the sessions. */
export async function play({
  commands: list = [],
  resources = {},
  mappings,
  device: deviceOptions,
  sessions = 1,
}: SceneOptions): Promise<SceneResult> {
  const reply = (url: string): IncomingReply => {
    const found = resources[url.slice(DATA.length)];
    if (found === undefined) return { status: 200, headers: {}, body: { text: '' } };
    const body = typeof found.body === 'string' ? { text: found.body } : found.body;
    return { status: 200, headers: { 'content-type': found.contentType ?? 'application/dmmo+json' }, body };
  };
  const options: Mutable<BridgeUnderTestOptions> = {
    devices: [BRUCE],
    script: ({ purpose, url, headers }) => {
      if (purpose === 'repository') return reply(url);
      return headers['content-type']?.includes('initiation') === true && list.length > 0
        ? commands(...list)
        : noCommands();
    },
  };
  if (mappings !== undefined) options.mappings = mappings;
  const bridge = await BridgeUnderTest.open(options);
  const device = new ValueDevice(BRUCE, deviceOptions);
  for (let count = 1; count <= sessions; count += 1) await device.session(bridge, String(count));
  const packages = bridge.packages();
  return {
    bridge,
    device,
    statuses: packages.flatMap((sent) => statusesIn(sent) ?? []),
    parts: bridge.requests.flatMap(({ purpose, headers, body }) => {
      return purpose === 'package' && body !== undefined ? partsOf(headers['content-type'] ?? '', body) : [];
    }),
    packages,
    uploads: bridge.requests.flatMap(({ purpose, headers, body }) => {
      return purpose === 'repository' && body !== undefined
        ? [{ type: headers['content-type'] ?? '', text: textOf(body) }]
        : [];
    }),
    quirks: bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'device.quirk'),
  };
}

/** The parts of a multipart body behind the package; none of any other body. */
function partsOf(contentType: string, body: Content): readonly SentPart[] {
  const boundary = /boundary="?([^";]+)/u.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  const [, , ...parts] = textOf(body).split(`--${boundary}`);
  return parts.slice(0, -1).map((part) => {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const type = /^content-type: *(.*)$/imu.exec(head)?.[1]?.trim() ?? '';
    return { type, text: rest.join('\r\n\r\n').replace(/\r\n$/u, '') };
  });
}

function textOf(body: Content): string {
  return 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
}

/** The MOData of the only member of a dmmo+json text, without its label. */
export function moData(part: SentPart | undefined): unknown {
  const [member] = JSON.parse(part?.text ?? '[]');
  return Object.values(member?.MOData ?? {})[0];
}

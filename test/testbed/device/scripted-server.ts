/** A server for the simulated device. It answers from a list, with one entry for each message. */

import { type DeviceSetup, SimulatedDevice } from '../../../src/testbed/device/device.ts';
import type { WireCommand, WireMessage } from '../../../src/testbed/device/message.ts';
import { readMessage } from '../../../src/testbed/device/read-message.ts';
import { buildTree, type NodeData } from '../../../src/testbed/device/tree-data.ts';
import type { DeviceEvent, DeviceWorld } from '../../../src/testbed/device/world.ts';

export const SERVER_URL = 'http://www.syncml.org/mgmt-server';
export const DEV_ID = 'IMEI:493005100592800';

export interface Script {
  readonly world: DeviceWorld;
  /** The messages of the device, in order. */
  readonly received: WireMessage[];
  readonly texts: string[];
  readonly urls: string[];
  readonly events: DeviceEvent[];
}

/** Answers with the given bodies in order; a function gets the device's message. */
export function script(...answers: readonly (string | ((message: WireMessage) => string))[]): Script {
  const made: Script = {
    received: [],
    texts: [],
    urls: [],
    events: [],
    world: {
      async post(url, _headers, body) {
        const message = readMessage(body);
        const answer = answers[made.received.length];
        made.received.push(message);
        made.texts.push(body);
        made.urls.push(url);
        if (answer === undefined) throw new Error('the script has no further answer');
        const text = typeof answer === 'string' ? answer : answer(message);
        const headers = { 'content-type': 'application/vnd.syncml.dm+xml', 'content-length': String(text.length) };
        return { status: 200, headers, body: text };
      },
      randomBytes: (count) => new Uint8Array(count).fill(7),
      onEvent: (event) => made.events.push(event),
    },
  };
  return made;
}

/** Returns a server message with this body and a right header. */
export function serverMessage(
  to: WireMessage,
  body: string,
  options: { final?: boolean; header?: string } = {},
): string {
  const { header } = to;
  const final = options.final === false ? '' : '<Final/>';
  return `<?xml version="1.0"?><SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>${header.verDtd}</VerDTD>
<VerProto>${header.verProto}</VerProto><SessionID>${header.sessionId}</SessionID><MsgID>${header.msgId}</MsgID>
<Target><LocURI>${header.source}</LocURI></Target><Source><LocURI>${header.target}</LocURI></Source>
${options.header ?? ''}</SyncHdr><SyncBody>${body}${final}</SyncBody></SyncML>`;
}

/** Returns a Status for SyncHdr and for each command of the device's message; CmdIDs begin at 101. */
export function statuses(to: WireMessage, headerCode = 200): string {
  const commands = to.commands.filter(({ name }) => name === 'Alert' || name === 'Replace');
  const all = [{ cmdRef: '0', cmd: 'SyncHdr', code: headerCode }].concat(
    commands.map((command) => ({ cmdRef: command.cmdId, cmd: command.name, code: 200 })),
  );
  return all
    .map(
      ({ cmdRef, cmd, code }, index) =>
        `<Status><CmdID>${101 + index}</CmdID><MsgRef>${to.header.msgId}</MsgRef><CmdRef>${cmdRef}</CmdRef>` +
        `<Cmd>${cmd}</Cmd><Data>${code}</Data></Status>`,
    )
    .join('');
}

/** Returns a script in which the server sends each body with the required Statuses, then the empty package. */
export function exchange(...bodies: readonly string[]): Script {
  const answers = bodies.map(
    (body, index) => (message: WireMessage) =>
      serverMessage(message, statuses(message, index === 0 ? 212 : 200) + body),
  );
  return script(...answers, (message) => serverMessage(message, statuses(message)));
}

/** Returns `CmdRef code` of every Status but the one for SyncHdr, in order. */
export function codes(message: WireMessage | undefined): string[] {
  return (message?.commands ?? [])
    .filter(({ name, cmd }) => name === 'Status' && cmd !== 'SyncHdr')
    .map((status) => `${status.cmdRef} ${status.data}`);
}

export function results(message: WireMessage | undefined): WireCommand[] {
  return (message?.commands ?? []).filter(({ name }) => name === 'Results');
}

const TREE: { readonly [key: string]: NodeData } = {
  $acl: 'Add=*&Get=*',
  DevInfo: {
    $permanent: true,
    DevId: DEV_ID,
    Man: 'Device Factory, Inc.',
    Mod: 'SmartPhone2000',
    DmV: '1.0.0.1',
    Lang: 'en-US',
  },
  antivirus_data: { $acl: 'Add=*&Delete=*&Exec=*&Get=*&Replace=*', version: 'antivirus-inc/20010522b/5', level: 3 },
};

/** Returns the device of the examples in DM-1.3 §11 with the changes of a test. */
export function exampleDevice(change: Partial<DeviceSetup> = {}): SimulatedDevice {
  return new SimulatedDevice({
    devId: DEV_ID,
    server: { url: SERVER_URL, id: 'mgmt-server' },
    account: { user: 'Bruce2', password: 'OhBehave' },
    tree: buildTree(TREE),
    profile: { version: '1.3', auth: 'basic' },
    ...change,
  });
}

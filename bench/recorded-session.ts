/**
 * The messages of a device, recorded once and encoded before they are measured.
 *
 * A simulated device runs sessions with the process under test. The bridge learns in the first ones; from the third on the
 * messages of all sessions are the same but for DevID and SessionID, which have a fixed length. So the recorded bytes serve all
 * devices and sessions.
 */

import { decodeMessage, encodeMessage } from '../src/syncml/codec.ts';
import { SimulatedDevice } from '../src/testbed/device/device.ts';
import type { DeviceProfile } from '../src/testbed/device/profile.ts';
import { runSession } from '../src/testbed/device/session.ts';
import { buildTree } from '../src/testbed/device/tree-data.ts';
import { devIdAt, PASSWORD, USER } from './measurement.ts';
import { type Encoding, MEDIA_TYPES, type TestedProcess } from './tested-process.ts';

export type TreeData = Parameters<typeof buildTree>[0];

/** The bytes of the messages of one session. */
export type Messages = readonly Buffer[];

/** A session of a simulated device. */
export interface SimulatedSession {
  readonly device: number;
  readonly encoding: Encoding;
  readonly sessionId: string;
  readonly tree: TreeData;
  readonly profile?: Partial<DeviceProfile>;
  /** Generic Alerts in Package#1. */
  readonly alerts?: number;
}

/** The address of the session that an answer tells. */
const RESP_URI = /\/dm\/([\w-]{22})/u;
const PORT = 'http://127.0.0.1';

/** Runs a session to its end and returns the messages that the device sent. */
export async function simulate(tested: TestedProcess, session: SimulatedSession): Promise<Messages> {
  const { encoding, sessionId, alerts = 0 } = session;
  const device = new SimulatedDevice({
    devId: devIdAt(session.device),
    server: { url: `${PORT}/dm`, id: 'legacy-dm' },
    account: { user: USER, password: PASSWORD },
    tree: buildTree({ $acl: 'Add=*&Delete=*&Exec=*&Get=*&Replace=*', ...session.tree }),
    profile: { auth: 'basic', ...session.profile },
  });
  for (let at = 0; at < alerts; at += 1) {
    device.raise({ type: 'com.example:reading', format: 'chr', mark: undefined, data: `reading ${at}` });
  }
  const messages: Buffer[] = [];
  const post = async (url: string, _headers: unknown, text: string) => {
    const body = encode(text, encoding);
    messages.push(body);
    const answer = await tested.post(body, encoding, new URL(url).pathname);
    const headers = { 'content-type': MEDIA_TYPES.xml, 'content-length': `${answer.length}` };
    return { status: 200, headers, body: decode(answer, encoding) };
  };
  const { end, reason } = await runSession(device, { post, randomBytes: (n) => new Uint8Array(n) }, { sessionId });
  if (end !== 'done') throw new Error(`the session of the simulated device ended: ${end}, ${reason}`);
  return messages;
}

/** Sends recorded messages to the process, each to the address that the session told. */
export async function replay(tested: TestedProcess, messages: Messages, encoding: Encoding): Promise<void> {
  let path = tested.path;
  for (const message of messages) {
    const answer = await tested.post(message, encoding, path);
    if (path === tested.path) path = addressIn(answer) ?? path;
  }
}

/** The messages for another device and session; both names have the length of those that were recorded. */
export function retarget(
  messages: Messages,
  recorded: Pick<SimulatedSession, 'device' | 'sessionId'>,
  wanted: Pick<SimulatedSession, 'device' | 'sessionId'>,
): Messages {
  return messages.map((message) =>
    Buffer.from(
      message
        .toString('latin1')
        .replaceAll(devIdAt(recorded.device), devIdAt(wanted.device))
        .replace(recorded.sessionId, wanted.sessionId),
      'latin1',
    ),
  );
}

function addressIn(answer: Buffer): string | undefined {
  const token = RESP_URI.exec(answer.toString('latin1'))?.[1];
  return token === undefined ? undefined : `/dm/${token}`;
}

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'xml') return Buffer.from(text);
  return Buffer.from(encodeMessage(decodeMessage(Buffer.from(text), MEDIA_TYPES.xml).message, MEDIA_TYPES.wbxml));
}

function decode(answer: Buffer, encoding: Encoding): string {
  if (encoding === 'xml') return answer.toString();
  const { message } = decodeMessage(answer, MEDIA_TYPES.wbxml);
  return Buffer.from(encodeMessage(message, MEDIA_TYPES.xml)).toString();
}

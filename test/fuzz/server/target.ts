/**
 * A running bridge under attack: real listeners, store and codecs in this process, a backend that wants something of every
 * device. Each message comes from an address of its own, for wrong guesses from one address wait longer and longer.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SaxesParser } from 'saxes';
import { prepareBridge } from '../../../src/cli/server/prepare-bridge.ts';
import { type RunningServer, startServer } from '../../../src/cli/server/start-server.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Journal } from '../../../src/log-events.ts';
import { LOG_LEVELS } from '../../../src/log-events.ts';
import { SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { decodeWbxml } from '../../../src/wbxml/decode.ts';
import { list, ScriptedBackend } from '../../e2e/scripted-backend.ts';
import { packageOne, readAnswer, reply, syncml } from '../../e2e/scripted-device.ts';
import { writeElement } from '../../support/transcript/wire-form.ts';
import { BRUCE, type Form, MEDIA_TYPES, SESSION_ID, type Seed } from './seeds.ts';

/** 400: not readable, or out of order; 401: HTTP credentials; 413 and 415 as their names say (design: bad input). */
const PROTOCOL_ANSWERS = [200, 400, 401, 413, 415];
const LEAVES = { './DevDetail/FwV': '7.1' };

export class Target {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dmbridge-fuzz-'));
  readonly #backend = new ScriptedBackend();
  readonly #errors: string[] = [];
  #server: RunningServer | undefined;
  #token = '';
  #isAttacked = true;
  #sent = 0;

  async open(): Promise<void> {
    const url = await this.#backend.open();
    this.#backend.answerBy(({ path, body }) => {
      if (path !== '/dm20') return { type: 'text/plain', body: 'data' };
      const wants = body.includes('ClientInitiatedMgmt') && !body.includes('"Status"');
      return wants ? list(['GET', `urn:oma:mo:oma-dm-devdetail:1.0//${this.#wanted()}`]) : list(['END']);
    });
    writeFileSync(
      join(this.#folder, 'devices.csv'),
      'devId,user,password\nIMEI:1,bruce,OhBehave\nIMEI:2,austin,Groovy\n',
    );
    const text = [
      'south: { listen: "127.0.0.1:0", answerWithin: 1h, auth: { accept: [md5, basic] }, trustProxy: ["127.0.0.1"] }',
      'north: { listen: "127.0.0.1:0" }',
      'admin: { listen: "127.0.0.1:0" }',
      `accounts: { main: { url: "${url}/dm20", timeout: 1h } }`,
      'routes: [{ match: {}, bridge: main }]',
      'devices: devices.csv',
      'store: { url: "sqlite::memory:" }',
    ].join('\n');
    const config = parseConfig(text, join(this.#folder, 'dmbridge.yaml'), {});
    this.#server = await startServer(config, this.#journal(), prepareBridge);
  }

  /** Everything that was logged as an error, which no device should be able to cause. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** Sends one message; answers its HTTP status. Throws for whatever is no answer of the protocol. */
  async attack({ form, inSession, body }: Seed): Promise<number> {
    if (inSession && this.#token === '') await this.#begin();
    const path = inSession ? `/${this.#token}` : '';
    const answer = await this.#post(body, form, path);
    // It went on, or another one took its place: what follows needs a new one.
    if (answer.status === 200) this.#token = '';
    this.#backend.received.length = 0;
    if (!PROTOCOL_ANSWERS.includes(answer.status)) throw new Error(`${answer.status}: ${answer.text.slice(0, 200)}`);
    return answer.status;
  }

  /** A session from its beginning to its end: the commands that ran on the device, and the statuses that the backend got. */
  async goodSession(): Promise<{ readonly executed: readonly string[]; readonly statuses: readonly number[] }> {
    this.#backend.received.length = 0;
    this.#isAttacked = false;
    const executed: string[] = [];
    let answer = readAnswer((await this.#post(Buffer.from(packageOne(BRUCE, { sessionId: 'good' })), 'xml', '')).text);
    const path = `/${tokenOf(answer.respUri)}`;
    for (let msgId = 2; answer.commands.length > 0 && msgId < 20; msgId += 1) {
      const message = syncml({ sessionId: 'good', msgId }, reply(answer, LEAVES, executed));
      answer = readAnswer((await this.#post(Buffer.from(message), 'xml', path)).text);
    }
    this.#isAttacked = true;
    return { executed, statuses: this.#backend.packages().flatMap(({ statuses }) => statuses ?? []) };
  }

  async close(): Promise<void> {
    await this.#server?.stop();
    await this.#backend.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const answer = readAnswer(
      (await this.#post(Buffer.from(packageOne(BRUCE, { sessionId: SESSION_ID })), 'xml', '')).text,
    );
    this.#token = tokenOf(answer.respUri);
  }

  async #post(body: Buffer, form: Form, path: string): Promise<{ readonly status: number; readonly text: string }> {
    this.#sent += 1;
    const address = `10.${(this.#sent >> 16) & 255}.${(this.#sent >> 8) & 255}.${this.#sent & 255}`;
    const headers = { 'content-type': MEDIA_TYPES[form], 'x-forwarded-for': address };
    const response = await fetch(`${this.#server?.south}${path}`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, text: readable(response, bytes, form) };
  }

  /** Always another node under attack: a command under which sessions break off is not sent for ever. */
  #wanted(): string {
    return this.#isAttacked ? `Ext/N${this.#sent}` : 'FwV';
  }

  #journal(): Journal {
    return {
      log: (event, facts) => {
        const error = 'error' in facts ? String(facts.error) : '';
        if (LOG_LEVELS[event] === 'error') this.#errors.push(`${event}: ${error} ${JSON.stringify(facts)}`);
      },
      trace: () => {},
    };
  }
}

/** An answer as XML text; throws when it is not of the form of the request, or not well-formed. */
function readable({ status, headers }: Response, bytes: Buffer, form: Form): string {
  if (status !== 200 || bytes.length === 0) return bytes.toString();
  const type = headers.get('content-type');
  if (type !== MEDIA_TYPES[form]) throw new Error(`a message of type ${type} for one of ${MEDIA_TYPES[form]}`);
  // A device that wrote a control character in WBXML gets it back so; XML could not carry it.
  if (form === 'wbxml') return writeElement(decodeWbxml(bytes, SYNCML_TABLES).root, '');
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(bytes.toString()).close();
  return bytes.toString();
}

function tokenOf(respUri = ''): string {
  return respUri.split('/').at(-1) ?? '';
}

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

/** Bytes in use, measured when ten collections in a row free nothing. */
export async function heapInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  // Memory that is held for some turns of the event loop, or for a message in flight, is no leak.
  for (let idleTurns = 0; idleTurns < 10; ) {
    await new Promise((resolve) => setImmediate(resolve));
    if (typeof gc === 'function') gc();
    const { heapUsed, external } = process.memoryUsage();
    idleTurns = heapUsed + external < least ? 0 : idleTurns + 1;
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

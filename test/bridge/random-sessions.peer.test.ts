/**
 * Ten thousand sessions of devices that do whatever they like, in both encodings, with a backend that does, too. The bridge
 * refuses with named errors only, gives the same answer to the same bytes, keeps within MaxMsgSize as it is encoded, and
 * every session comes to an end.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { DmError } from '../../src/errors.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import type { Command, Meta, SyncmlMessage } from '../../src/syncml/message.ts';
import { type Behaviour, behaviour, obey, react } from '../dm1/arbitrary-device.ts';
import { alert, devInfo, deviceMessage, leaf, numbered } from '../dm1/lock-step.ts';
import { type BridgeFixture, openBridgeFixture } from '../support/bridge-fixture.ts';
import type { WireMessage } from '../support/transcript/wire-form.ts';

const RUNS = 1_000;
const SESSIONS_A_RUN = 10;
/** A session that takes more messages than this never ends: even sixty lists of objects in chunks take fewer. */
const MOST_MESSAGES = 3_000;

const MIIDS = {
  'urn:oma:mo:oma-fumo:1.0': { FUMO: './FUMO' },
  'urn:oma:mo:oma-scomo:1.0': { SCM: './SCM' },
};
const DEVICE = { devId: 'IMEI:493005100592800', user: 'Bruce2', password: 'OhBehave', miids: MIIDS };
const CRED = { meta: { type: 'syncml:auth-basic', format: 'b64' }, data: btoa(`${DEVICE.user}:${DEVICE.password}`) };
const DETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0';
const DATA = 'http://127.0.0.1:9000/d';

const COMMANDS = [
  ['GET', `${DETAIL}//DevTyp`],
  ['GET', `${DETAIL}//`],
  ['GET', 'urn:oma:mo:oma-scomo:1.0/*'],
  ['HGET', DATA, `${DETAIL}//Ext/N`],
  ['HGET', DATA, 'urn:oma:mo:oma-scomo:1.0/SCM/Download/p1/Description'],
  ['HPUT', DATA, `${DETAIL}//FwV`],
  ['HPOST', DATA, `${DETAIL}//`],
  ['DELETE', `${DETAIL}//Ext/N`],
  ['EXEC', 'urn:oma:mo:oma-fumo:1.0/FUMO/Update'],
  ['EXEC', 'urn:oma:mo:oma-fumo:1.0/FUMO/Update', `${DATA}/reports`],
  ['GET', `${DETAIL}//FwV`],
  ['GET', 'urn:oma:mo:oma-scomo:1.0/SCM/Download/p1/Description'],
  ['FLY'],
];

interface Play {
  readonly form: 'xml' | 'wbxml';
  readonly maxMsgSize: number | undefined;
  readonly maxObjSize: number | undefined;
  readonly behaviours: readonly Behaviour[];
  /** Every nth message is sent twice. */
  readonly repeats: number;
  /** The device is switched off after so many messages. */
  readonly dies: number | undefined;
  readonly final: boolean;
  /** The fault of the third message: an old MsgID, one that is too high, no token. */
  readonly trick: 'none' | 'old' | 'jump' | 'tokenless';
}

const play: fc.Arbitrary<Play> = fc.record({
  form: fc.constantFrom('xml', 'wbxml'),
  maxMsgSize: fc.option(fc.integer({ min: 1500, max: 5000 }), { nil: undefined }),
  maxObjSize: fc.option(fc.integer({ min: 100, max: 9000 }), { nil: undefined }),
  behaviours: fc.array(behaviour, { maxLength: 10 }),
  repeats: fc.integer({ min: 1, max: 4 }),
  dies: fc.option(fc.nat({ max: 6 }), { nil: undefined, freq: 4 }),
  final: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
  trick: fc.constantFrom('none', 'none', 'none', 'none', 'old', 'jump', 'tokenless'),
});

const reply: fc.Arbitrary<IncomingReply> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .array(fc.constantFrom(...COMMANDS), { minLength: 1, maxLength: 5 })
      .map((list) => ({ status: 200, headers: {}, body: { text: JSON.stringify({ CMD: list }) } })),
  },
  fc.constantFrom(500, 404).map((status) => ({ status, headers: {}, body: { text: '' } })),
  fc.constant({ failure: 'timeout' as const, reason: 'no answer in time' }),
);

const scenario = fc.record({
  plays: fc.array(play, { minLength: SESSIONS_A_RUN, maxLength: SESSIONS_A_RUN }),
  replies: fc.array(reply, { minLength: 20, maxLength: 60 }),
  size: fc.constantFrom(10, 300, 1500),
});

class Player {
  readonly #fixture: BridgeFixture;
  readonly #play: Play;
  readonly #sessionId: string;
  #path = '/dm';
  #sent = 0;
  #msgId = 0;

  constructor(fixture: BridgeFixture, one: Play, sessionId: string) {
    this.#fixture = fixture;
    this.#play = one;
    this.#sessionId = sessionId;
  }

  /** One session from its beginning to its end. */
  async run(): Promise<void> {
    const { maxMsgSize, maxObjSize, behaviours, dies, final } = this.#play;
    const meta = { ...(maxMsgSize && { maxMsgSize }), ...(maxObjSize && { maxObjSize }) };
    let answer = await this.#say([alert('1201'), devInfo([leaf('./DevInfo/DevId', DEVICE.devId)])], final, meta);
    while (answer !== undefined && !isEnd(answer)) {
      if (this.#sent === dies) return;
      const next = behaviours[this.#sent - 1];
      const said = next === undefined ? obey(answer) : react(answer, next);
      answer = await this.#say(said.commands, said.final);
      if (this.#sent > MOST_MESSAGES) throw new Error('the session does not end');
    }
  }

  /** The answer, if it is a message; what refuses must say why. */
  async #say(commands: readonly Command[], final: boolean, meta?: Meta): Promise<SyncmlMessage | undefined> {
    this.#sent += 1;
    const { trick } = this.#play;
    if (this.#sent === 3 && trick === 'old') this.#msgId -= 1;
    if (this.#sent === 3 && trick === 'jump') this.#msgId += 2;
    if (this.#sent === 3 && trick === 'tokenless') this.#path = '/dm';
    this.#msgId += 1;
    const type = `application/vnd.syncml.dm+${this.#play.form}`;
    const { header, ...rest } = deviceMessage(this.#msgId, numbered(commands), final, meta);
    const message = {
      header: { ...header, sessionId: this.#sessionId, ...(this.#sent === 1 && { cred: CRED }) },
      ...rest,
    };
    const wire = {
      startLine: `POST ${this.#path}`,
      headers: { 'content-type': type },
      body: encodeMessage(message, type, { wbxmlVersion: this.#sent % 2 === 0 ? '1.1' : '1.3', textPublicId: final }),
    };
    const answer = await this.#post(wire);
    if (this.#sent % this.#play.repeats === 0) expect(await this.#post(wire)).toEqual(answer);
    if (typeof answer === 'string' || answer.body.length === 0) return undefined;
    expect(answer.body.length).toBeLessThanOrEqual(this.#play.maxMsgSize ?? Number.POSITIVE_INFINITY);
    expect(answer.headers['content-type']).toBe(type);
    const read = decodeMessage(answer.body, type).message;
    this.#path = new URL(read.header.respUri ?? 'http://127.0.0.1/dm').pathname;
    return read;
  }

  /** An answer, or the code of the error. */
  async #post(wire: WireMessage): Promise<WireMessage | string> {
    try {
      return await this.#fixture.post(wire);
    } catch (error) {
      expect(error).toBeInstanceOf(DmError);
      return error instanceof DmError ? error.code : '';
    }
  }
}

/** Nothing in it that the device could answer to. */
function isEnd({ commands, final }: SyncmlMessage): boolean {
  const isAborted = commands.some((each) => each.name === 'Alert' && each.data === '1223');
  return isAborted || (final && commands.every(({ name }) => name === 'Status'));
}

test(`${RUNS * SESSIONS_A_RUN} sessions of random devices with random backends keep every promise of the bridge`, async () => {
  const property = fc.asyncProperty(scenario, async ({ plays, replies, size }) => {
    let count = 0;
    const send = async ({ purpose }: { readonly purpose: string }): Promise<IncomingReply> => {
      if (purpose === 'repository') {
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: { text: '<ä>'.repeat(size) } };
      }
      count += 1;
      return replies[count - 1] ?? { status: 200, headers: {}, body: { text: '{"CMD":[["END"]]}' } };
    };
    const fixture = await openBridgeFixture(
      { player: 'bridge', proves: [], devices: [DEVICE] },
      { send },
      { durable: false },
    );
    for (const [at, one] of plays.entries()) await new Player(fixture, one, `${at}`).run();
    fixture.advance(900_001);
    await fixture.background();
    expect(fixture.logs().filter((line) => line.includes('"level":"error"'))).toEqual([]);
    await fixture.close();
  });
  await fc.assert(property, { numRuns: RUNS });
});

/**
 * Whatever devices and backends do: the bridge answers or refuses with a named error, sessions end, and what it has
 * acknowledged reaches the backend: once, or at least once when the bridge is killed or its store fails.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { DmError } from '../../src/errors.ts';
import {
  type Answer,
  alert,
  basicCred,
  note,
  packageOne,
  readAnswer,
  reply,
  results,
  status,
  syncml,
} from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  noCommands,
  notesIn,
  replied,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

const COMMANDS = [
  ['GET', DEV_TYP],
  ['GET', FW_V],
  ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//'],
  ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//DevID'],
  ['GET', 'urn:oma:mo:oma-scomo:1.0/*'],
  ['HGET', 'http://backend.example.com/d', 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/N'],
  ['HGET', 'http://backend.example.com/d'],
  ['HPUT', 'http://backend.example.com/d', DEV_TYP],
  ['HPOST', 'http://backend.example.com/d', FW_V],
  ['DELETE', 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/N'],
  ['EXEC', UPDATE],
  ['EXEC', UPDATE, 'http://backend.example.com/reports'],
  ['CONT', 'http://backend.example.com/other'],
  ['CONT', 'http://elsewhere.example.org/'],
  ['FLY', 'away'],
  [],
  ['END'],
];

const replies: fc.Arbitrary<IncomingReply> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...COMMANDS), { maxLength: 4 }).map((list) => commands(...list)) },
  { weight: 2, arbitrary: fc.constant(noCommands()) },
  fc.constantFrom(500, 404, 204).map((code) => replied('', code)),
  fc.constantFrom('timeout' as const, 'unreachable' as const).map((failure) => ({ failure, reason: 'down' })),
  fc.constantFrom('{', '[]', '{"CMD":[1]}', '{"CMD":[["GET",2]]}').map((text) => replied(text)),
);

const act = fc.record({
  what: fc.oneof(
    { weight: 10, arbitrary: fc.constant('obey' as const) },
    { weight: 3, arbitrary: fc.constantFrom('begin' as const, 'repeat' as const, 'refuse' as const) },
    fc.constantFrom('abort', 'nonsense', 'old', 'jump', 'unknown', 'tokenless', 'idle', 'silent', 'more' as const),
  ),
  alerts: fc.nat(2),
  final: fc.boolean(),
});
const danger = fc.constantFrom(
  'kill' as const,
  'breakStore' as const,
  'none' as const,
  'none' as const,
  'none' as const,
);

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

class Player {
  readonly bridge: BridgeUnderTest;
  /** Alerts whose Status 200 the device has seen. */
  readonly acknowledged = new Set<string>();
  #answer: Answer | undefined;
  #token: string | undefined;
  #session = 0;
  #msgId = 1;
  #alerts = 0;
  #last: string | undefined;

  constructor(bridge: BridgeUnderTest) {
    this.bridge = bridge;
  }

  async play({ what, alerts, final }: Act): Promise<void> {
    const texts = Array.from({ length: alerts }, (_, at) => `alert ${this.#alerts + at}`);
    this.#alerts += alerts;
    const extra = texts.map((text, at) => note(100 + at, text));
    if (what === 'idle') {
      await this.bridge.clock.advance(900_001);
      await this.bridge.background();
      return;
    }
    if (what === 'repeat') return await this.#send(this.#last ?? packageOne(BRUCE), []);
    if (what === 'begin' || this.#answer === undefined) return await this.#begin(extra, texts, final);
    await this.#goOn(what, this.#answer, extra, texts, final);
  }

  /** Comes without tricks until its session has ended. */
  async finish(): Promise<void> {
    await this.#begin([], [], true);
    for (let round = 0; this.#answer !== undefined && this.#answer.commands.length > 0; round += 1) {
      if (round > 60) throw new Error('the session does not end');
      await this.#goOn('obey', this.#answer, [], [], true);
    }
  }

  async #begin(extra: readonly string[], texts: readonly string[], final: boolean): Promise<void> {
    this.#session += 1;
    this.#msgId = 1;
    this.#token = undefined;
    await this.#send(packageOne(BRUCE, { sessionId: `s${this.#session}` }, extra, final), texts);
  }

  async #goOn(
    what: Exclude<Act['what'], 'begin' | 'idle' | 'repeat'>,
    answer: Answer,
    extra: readonly string[],
    texts: readonly string[],
    final: boolean,
  ): Promise<void> {
    this.#msgId += what === 'old' ? 0 : what === 'jump' ? 3 : 1;
    const header = { sessionId: `s${this.#session}`, msgId: this.#msgId };
    const obeyed = reply(answer, LEAVES);
    const odd = {
      nonsense: [status(1, { msgRef: 9, cmdRef: 77, cmd: 'Copy' }, 777), results(2, { msgRef: 1, cmdRef: 5 }, '.', '')],
      refuse: obeyed.map((each) => each.replace('<Data>200</Data></Status>', '<Data>500</Data></Status>')),
      abort: [...obeyed.slice(0, 2), alert(90, 1223)],
      unknown: ['<Fly><CmdID>7</CmdID></Fly>', alert(8, 'x')],
      silent: [],
      more: [alert(9, 1222)],
    };
    const body = what in odd ? odd[what as keyof typeof odd] : obeyed;
    if (what === 'tokenless') this.#token = undefined;
    const isFinal = what === 'obey' || (final && what !== 'more');
    await this.#send(syncml(header, [...body, ...extra], isFinal), texts);
  }

  async #send(message: string, texts: readonly string[]): Promise<void> {
    this.#last = message;
    try {
      const got = await this.bridge.post(message, { token: this.#token });
      expect(got.status).toBe(200);
      if (got.body === '') return;
      const answer = readAnswer(got.body);
      this.#answer = answer;
      this.#token = tokenOf(answer) ?? this.#token;
      for (const [at, text] of texts.entries()) {
        if (answer.statuses.includes(`Alert ${100 + at} 200`)) this.acknowledged.add(text);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(DmError);
    }
  }
}

/** The alerts that the backend has accepted, with repetitions. */
class Counter {
  readonly taken: string[] = [];
  readonly #replies: readonly IncomingReply[];
  #count = 0;

  constructor(list: readonly IncomingReply[]) {
    this.#replies = list;
  }

  watch(bridge: BridgeUnderTest): void {
    bridge.script = ({ purpose }) => {
      if (purpose === 'repository') return replied('data', 200, { 'content-type': 'text/plain' });
      const answer = this.#replies[this.#count] ?? noCommands();
      this.#count += 1;
      const isTaken = 'status' in answer && answer.status < 300;
      if (isTaken) this.taken.push(...notesIn(bridge.packages().at(-1)).map(String));
      return answer;
    };
  }
}

describe('any device with any backend', () => {
  test('every acknowledged alert is delivered exactly once', async () => {
    const property = fc.asyncProperty(
      fc.array(replies, { maxLength: 12 }),
      fc.array(act, { maxLength: 14 }),
      async (list, acts) => {
        const bridge = await BridgeUnderTest.open();
        const counter = new Counter(list);
        counter.watch(bridge);
        const player = new Player(bridge);
        for (const each of acts) await player.play(each);
        await bridge.drained();
        await player.finish();
        await player.finish();
        await bridge.drained();
        const { outbox, session } = await bridge.state();
        const delivered = counter.taken.filter((text) => text.startsWith('alert'));
        expect(new Set(delivered).size).toBe(delivered.length);
        const left = outbox.map(({ item }) => item.data ?? '');
        expect(delivered.filter((text) => left.includes(text))).toEqual([]);
        expect([...player.acknowledged].filter((text) => !delivered.includes(text) && !left.includes(text))).toEqual(
          [],
        );
        expect(session?.closedAt).toBeDefined();
        expect(bridge.logs.filter((line) => line.includes('"error"'))).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 150, seed: 7 });
  });

  test('every acknowledged alert is delivered at least once, also with killed bridges and full disks', async () => {
    const acts = fc.array(fc.tuple(act, danger), { maxLength: 14 });
    const property = fc.asyncProperty(fc.array(replies, { maxLength: 12 }), acts, async (list, steps) => {
      const bridge = await BridgeUnderTest.open({ store: 'sqlite' });
      const counter = new Counter(list);
      counter.watch(bridge);
      const player = new Player(bridge);
      for (const [each, what] of steps) {
        if (what === 'kill') bridge.kill();
        bridge.breakStore(what === 'breakStore');
        await player.play(each);
        bridge.breakStore(false);
      }
      await bridge.drained();
      for (let round = 0; round < 14; round += 1) await player.finish();
      await bridge.drained();
      const { outbox, session } = await bridge.state();
      expect(outbox).toEqual([]);
      expect([...player.acknowledged].filter((text) => !counter.taken.includes(text))).toEqual([]);
      expect(session?.closedAt).toBeDefined();
    });
    await fc.assert(property, { numRuns: 100, seed: 11 });
  });

  test('a device that is not registered, or guesses its password, changes nothing', async () => {
    const property = fc.asyncProperty(fc.array(act, { maxLength: 6 }), fc.boolean(), async (acts, isKnown) => {
      const bridge = await BridgeUnderTest.open();
      const before = await bridge.state();
      for (const { alerts, final, what } of acts) {
        const account = isKnown ? { ...BRUCE, password: 'guessed' } : { devId: 'IMEI:77', user: 'u', password: 'p' };
        const cred = what === 'silent' ? '' : basicCred(account);
        const extra = Array.from({ length: alerts }, (_, at) => note(100 + at, 'forged'));
        const message = packageOne(account, { cred, sessionId: what }, extra, final);
        const posted = bridge.post(message, { from: `${what}${alerts}${final}${Math.floor(bridge.clock.now())}` });
        await bridge.clock.advance(8_000);
        expect(readAnswer((await posted).body).statuses[0]).toMatch(/^SyncHdr 0 40[17]$/u);
      }
      expect(await bridge.state()).toEqual(before);
      expect(bridge.commits).toBe(0);
      expect(bridge.requests).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40, seed: 3 });
  });
});

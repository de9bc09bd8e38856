/**
 * Measures whole sessions through a running bridge: CPU time of its process per device message, divided by the floor.
 *
 * The floor is the same number of HTTP messages through the same server and client, with fixed bytes and no work. A session
 * has two device messages and two packages: Package#1 with DevInfo and basic credentials, an inventory of DevInfo and
 * DevDetail, END. Many sessions run at once. They run as XML and as WBXML, and the floor gets the same requests.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Pool } from 'undici';
import { HTTP } from '../src/http-status.ts';
import { decodeMessage, encodeMessage } from '../src/syncml/codec.ts';
import { type BenchRow, median } from './row.ts';
import { package1, package3 } from './session-messages.ts';

type Mode = 'floor' | 'memory' | 'sqlite';
type Encoding = 'xml' | 'wbxml';

/** One combination of process and encoding. */
interface Series {
  readonly mode: Mode;
  readonly encoding: Encoding;
  /** CPU microseconds per message, one for each round. */
  readonly costs: number[];
}

interface Measured {
  readonly child: ChildProcess;
  readonly pool: Pool;
  readonly path: string;
  /** The number of sessions so far, which gives each its own SessionID. */
  sessions: number;
}

const AT_ONCE = 64;
const COMMANDS = JSON.stringify({
  CMD: [
    ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//'],
    ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//'],
  ],
});
const END = JSON.stringify({ CMD: [['END']] });
const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';
const MODES: readonly Mode[] = ['floor', 'memory', 'sqlite'];

/** @param smoke a few sessions only, to see that the bench works */
export async function benchSessions(smoke: boolean): Promise<readonly BenchRow[]> {
  const backend = await startBackend();
  const { port } = backend.address() as { port: number };
  const url = `http://127.0.0.1:${port}/dm`;
  const [warmUp, rounds, sessions] = smoke ? [1_024, 1, 512] : [6_400, 9, 3_200];
  const measured = new Map<Mode, Measured>();
  for (const mode of MODES) measured.set(mode, await start(mode, url));
  try {
    const all: readonly Series[] = (['xml', 'wbxml'] as const).flatMap((encoding) =>
      MODES.map((mode) => ({ mode, encoding, costs: [] })),
    );
    // Without a warm-up, the compilation of the code would count as work of the bridge.
    for (const { mode, encoding } of all) await runSessions(measured.get(mode), encoding, warmUp);
    for (let round = 0; round < rounds; round += 1) {
      for (const { mode, encoding, costs } of all) {
        costs.push(await runSessions(measured.get(mode), encoding, sessions));
      }
    }
    // With fewer sessions, the memory that the process allocates once would count too much.
    const heap = await heapPerSession(url, smoke ? 1_500 : 5_000);
    return [...sessionRows(all), heapRow(heap)];
  } finally {
    for (const { child, pool } of measured.values()) {
      child.disconnect();
      await pool.close();
    }
    backend.close();
  }
}

function sessionRows(all: readonly Series[]): readonly BenchRow[] {
  const cost = (mode: Mode, encoding: Encoding): number =>
    median(all.find((one) => one.mode === mode && one.encoding === encoding)?.costs ?? []);
  const micro = (value: number) => `${value.toFixed(0)} µs CPU per message`;
  const overFloor = (encoding: Encoding, must: number, stretch: number): BenchRow => ({
    name: `${encoding.toUpperCase()} session, no durable store, over the floor`,
    figure: `${micro(cost('memory', encoding))}, floor ${cost('floor', encoding).toFixed(0)}`,
    ratio: cost('memory', encoding) / cost('floor', encoding),
    must,
    stretch,
    lessIsMore: true,
  });
  const stored = (encoding: Encoding): BenchRow => ({
    name: 'the same with the embedded store, over the above',
    figure: micro(cost('sqlite', encoding)),
    ratio: cost('sqlite', encoding) / cost('memory', encoding),
    must: 1.5,
    stretch: 1.2,
    lessIsMore: true,
  });
  return [overFloor('xml', 2.5, 1.8), stored('xml'), overFloor('wbxml', 2.1, 1.5), stored('wbxml')];
}

function heapRow(heap: number): BenchRow {
  return {
    name: 'heap per open session (embedded store), in KB',
    figure: `${(heap / 1024).toFixed(2)} KB`,
    ratio: heap / 1024,
    must: 4,
    stretch: 2.5,
    lessIsMore: true,
  };
}

/** Microseconds of CPU time of the measured process per device message. */
async function runSessions(measured: Measured | undefined, encoding: Encoding, sessions: number): Promise<number> {
  if (measured === undefined) throw new TypeError('the process was not started');
  const { child } = measured;
  const from = measured.sessions;
  measured.sessions += sessions;
  await ask(child, 'start');
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, device) => {
      for (let at = 0; at < sessions / AT_ONCE; at += 1) {
        const id = ((from + at) % 0xffff).toString(16).toUpperCase();
        await post(measured, encoding, package1(device, id));
        await post(measured, encoding, package3(device, id));
      }
    }),
  );
  const { cpu } = await ask(child, 'stop');
  return cpu / (sessions * 2);
}

/** The growth of the heap per session that waits for its device, in bytes. */
async function heapPerSession(url: string, sessions: number): Promise<number> {
  const measured = await start('sqlite', url, sessions);
  const { child, pool } = measured;
  await post(measured, 'xml', package1(0, '1'));
  const { heap: before } = await ask(child, 'heap');
  for (let device = 1; device < sessions; device += 1) await post(measured, 'xml', package1(device, '1'));
  const { heap: after } = await ask(child, 'heap');
  child.disconnect();
  await pool.close();
  return (after - before) / (sessions - 1);
}

async function start(mode: Mode, backendUrl: string, devices = AT_ONCE): Promise<Measured> {
  const child = fork(join(import.meta.dirname, 'under-test.ts'), [mode, backendUrl, String(devices)], {
    execArgv: ['--expose-gc'],
  });
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string }));
    child.once('exit', () => reject(new Error('the measured process ended')));
  });
  const { origin, pathname } = new URL(url);
  return { child, pool: new Pool(origin, { connections: AT_ONCE }), path: pathname, sessions: 1 };
}

function ask(child: ChildProcess, measure: string): Promise<{ cpu: number; heap: number }> {
  const answer = new Promise<{ cpu: number; heap: number }>((resolve) => {
    child.once('message', (message) => resolve(message as { cpu: number; heap: number }));
  });
  child.send({ measure });
  return answer;
}

async function post({ pool, path }: Measured, encoding: Encoding, xml: string): Promise<void> {
  const [type, body] = encoding === 'xml' ? [XML, xml] : [WBXML, asWbxml(xml)];
  const reply = await pool.request({ method: 'POST', path, headers: { 'content-type': type }, body });
  const answer = await reply.body.text();
  if (reply.statusCode !== HTTP.ok) throw new Error(`the bridge answered ${reply.statusCode}: ${answer.slice(0, 200)}`);
}

function asWbxml(xml: string): Uint8Array {
  return encodeMessage(decodeMessage(Buffer.from(xml), XML).message, WBXML);
}

function startBackend(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const isFirst = request.headers['content-type'] === 'application/vnd.oma.dm.initiation+json';
      response.setHeader('content-type', 'application/vnd.oma.dm.request+json');
      response.end(isFirst ? COMMANDS : END);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** Compares the plain readers of messages with the readers by way of a tree, for the messages of the representative session. */
import { SYNCML_TABLES } from '../src/syncml/code-pages.ts';
import { parseMessage } from '../src/syncml/parse.ts';
import { readPlainWbxml } from '../src/syncml/plain-wbxml.ts';
import { readPlainXml } from '../src/syncml/plain-xml.ts';
import { parseXml } from '../src/syncml/xml-reader.ts';
import { decodeWbxml } from '../src/wbxml/decode.ts';
import type { Backend } from './backend.ts';
import { simulate } from './recorded-session.ts';
import { REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import { type BenchRow, cpuMicroseconds, median } from './row.ts';
import { type Encoding, TestedProcess } from './tested-process.ts';

const ROUNDS = 21;
/** The bridge learns in the first sessions; the last one is recorded. */
const SESSION_IDS = ['E000', 'E001', 'F000'];

export async function benchPlainMessages(backend: Backend, runs: number): Promise<readonly BenchRow[]> {
  backend.play(representativeScript(backend));
  const tested = await TestedProcess.start({ mode: 'memory', backendUrl: backend.url, devices: 2 });
  try {
    const texts = (await record(tested, 'xml', 0)).map((body) => body.toString());
    const bodies = await record(tested, 'wbxml', 1);
    return [
      compare('XML', texts, runs, { plain: readPlainXml, tree: (text) => parseMessage(parseXml(text)) }),
      compare('WBXML', bodies, runs, {
        plain: readPlainWbxml,
        tree: (body) => parseMessage(decodeWbxml(body, SYNCML_TABLES).root),
      }),
    ];
  } finally {
    await tested.close();
  }
}

async function record(tested: TestedProcess, encoding: Encoding, device: number): Promise<readonly Buffer[]> {
  let messages: readonly Buffer[] = [];
  for (const sessionId of SESSION_IDS) {
    messages = await simulate(tested, { device, encoding, sessionId, tree: REPRESENTATIVE_TREE });
  }
  return messages;
}

interface Readers<T> {
  readonly plain: (message: T) => unknown;
  readonly tree: (message: T) => unknown;
}

/** The readers take turns, so that a change of the machine's speed concerns both. */
function compare<T>(name: string, messages: readonly T[], runs: number, { plain, tree }: Readers<T>): BenchRow {
  if (messages.some((message) => plain(message) === undefined))
    throw new Error('a message that has not the plain form');
  const times = Array.from({ length: ROUNDS }, () => ({
    plain: microseconds(plain, messages, runs),
    tree: microseconds(tree, messages, runs),
  }));
  const [one, other] = [median(times.map((time) => time.plain)), median(times.map((time) => time.tree))];
  return {
    name: `${name} message into records, over the way by a tree`,
    figure: `${one.toFixed(1)} against ${other.toFixed(1)} µs CPU`,
    value: median(times.map((time) => time.plain / time.tree)),
  };
}

/** CPU microseconds per message. */
function microseconds<T>(read: (message: T) => unknown, messages: readonly T[], runs: number): number {
  const cpu = cpuMicroseconds(() => {
    for (let run = 0; run < runs; run += 1) messages.forEach(read);
  });
  return cpu / (runs * messages.length);
}

/** Measures all figures in one run. Prints them as a table and writes them to bench/results.json. `--help` tells its options. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Backend } from './backend.ts';
import { checkOut } from './baseline.ts';
import { benchDisk } from './disk.ts';
import { benchDeepJson, benchDeviceGets, benchGrowth } from './growth.ts';
import { benchHostile } from './hostile.ts';
import { benchInventory } from './inventory.ts';
import { benchMemory } from './memory.ts';
import { benchNames } from './names.ts';
import { benchPlainMessages } from './plain-messages.ts';
import { type BenchRow, printRows } from './row.ts';
import { benchSessions } from './sessions.ts';
import { benchStart } from './start.ts';
import { benchStore } from './store.ts';
import { benchTransport } from './transport.ts';
import { benchWbxml } from './wbxml.ts';
import { benchXmlReader } from './xml-reader.ts';

const USAGE = `npm run bench -- [--smoke] [--baseline COMMIT] [--only PART]
  --smoke            small sizes, to see that the bench works; writes nothing
  --baseline COMMIT  HTTP and sessions beside the code of another commit, in the same rounds
  --only PART        one part`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    baseline: { type: 'string' },
    only: { type: 'string' },
  },
});
const { smoke, baseline, only } = values;

const PARTS: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  codecs: async () => [
    ...(await benchXmlReader(smoke)),
    ...benchWbxml(smoke),
    ...(await benchPlainMessages(backend, smoke ? 20 : 300)),
  ],
  hostile: async () => benchHostile(smoke),
  cache: () => benchInventory(smoke),
  store: () => benchStore(smoke),
  transport: async () => {
    const amount = smoke ? { warmUp: 640, rounds: 1, messages: 320 } : { warmUp: 20_000, rounds: 9, messages: 5_120 };
    if (baseline === undefined) return benchTransport(backend, amount);
    await using tree = await checkOut(baseline);
    return await benchTransport(backend, amount, { tree: tree.path, name: baseline });
  },
  sessions: async () => {
    const amount = smoke
      ? { warmUp: 64, rounds: 1, sessions: 32, devices: 16 }
      : { warmUp: 20_000, rounds: 9, sessions: 320, devices: 64 };
    if (baseline === undefined) return benchSessions(amount);
    await using tree = await checkOut(baseline);
    return await benchSessions(amount, { tree: tree.path, name: baseline });
  },
  growth: async () => [
    ...(await benchDeviceGets(backend, smoke ? 3 : 9)),
    ...(await benchDeepJson(backend)),
    ...(await benchGrowth(backend, smoke)),
  ],
  names: () => benchNames(backend, smoke ? 64 : 640),
  memory: () => benchMemory(backend, smoke ? [200, 400] : [10_000, 50_000]),
  disk: () => benchDisk(backend, smoke ? 64 : 1_000),
  start: () => benchStart(smoke ? 1_000 : 1_000_000),
};

const isUnknownPart = only !== undefined && !Object.hasOwn(PARTS, only);
if (values.help || isUnknownPart) {
  console.log(`${USAGE}: ${Object.keys(PARTS).join(', ')}`);
  process.exit(isUnknownPart ? 2 : 0);
}

const backend = await Backend.open();
const rows: BenchRow[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (only !== undefined && only !== name) continue;
  const begin = performance.now();
  const measured = await measure();
  rows.push(...measured);
  printRows(measured);
  console.log(`  (${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s)`);
}
backend.close();

if (!smoke && only === undefined) {
  const results = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '', rows };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
process.exit(0);

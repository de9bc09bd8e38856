/**
 * Whole sessions through the running bridge, as CPU time per device message of its process, over the floor: the same
 * number of HTTP messages through the same server and client with fixed bytes and no work.
 *
 * A session is two device messages and two packages: Package#1 with DevInfo and basic credentials, an inventory of
 * DevInfo and DevDetail, END. Many run at once, as they would.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type BenchRow, median } from './row.ts';

type Mode = 'floor' | 'memory' | 'sqlite';

interface Measured {
  readonly child: ChildProcess;
  readonly pool: Pool;
  readonly path: string;
}

const AT_ONCE = 64;
const COMMANDS = JSON.stringify({
  CMD: [
    ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//'],
    ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//'],
  ],
});
const END = JSON.stringify({ CMD: [['END']] });
const TYPE = 'application/vnd.syncml.dm+xml';

/** @param smoke a few sessions only, to see that it runs */
export async function benchSessions(smoke: boolean): Promise<readonly BenchRow[]> {
  const backend = await startBackend();
  const { port } = backend.address() as { port: number };
  const url = `http://127.0.0.1:${port}/dm`;
  const [warmUp, rounds, sessions] = smoke ? [1_024, 1, 512] : [6_400, 9, 3_200];
  const modes: readonly Mode[] = ['floor', 'memory', 'sqlite'];
  const measured = new Map<Mode, Measured>();
  for (const mode of modes) measured.set(mode, await start(mode, url));
  const costs = new Map<Mode, number[]>(modes.map((mode) => [mode, []]));
  try {
    // Code that still gets compiled would be counted as the bridge's own work.
    for (const under of measured.values()) await runSessions(under, warmUp, 1);
    for (let round = 0; round < rounds; round += 1) {
      for (const [mode, under] of measured) {
        costs.get(mode)?.push(await runSessions(under, sessions, warmUp + round * sessions));
      }
    }
    // With fewer, what the process allocates once would be shared out among them.
    const heap = await heapPerSession(url, smoke ? 1_500 : 5_000);
    const [floor, memory, sqlite] = modes.map((mode) => median(costs.get(mode) ?? []));
    if (floor === undefined || memory === undefined || sqlite === undefined) throw new Error('nothing was measured');
    const micro = (value: number) => `${value.toFixed(0)} µs CPU per message`;
    return [
      {
        name: 'XML session, no durable store, over the floor',
        figure: `${micro(memory)}, floor ${floor.toFixed(0)}`,
        ratio: memory / floor,
        must: 2.5,
        stretch: 1.8,
        lessIsMore: true,
      },
      {
        name: 'the same with the embedded store, over the above',
        figure: micro(sqlite),
        ratio: sqlite / memory,
        must: 1.5,
        stretch: 1.2,
        lessIsMore: true,
      },
      {
        name: 'heap per open session (embedded store), in KB',
        figure: `${(heap / 1024).toFixed(2)} KB`,
        ratio: heap / 1024,
        must: 4,
        stretch: 2.5,
        lessIsMore: true,
      },
    ];
  } finally {
    for (const { child, pool } of measured.values()) {
      child.disconnect();
      await pool.close();
    }
    backend.close();
  }
}

/** Microseconds of CPU time of the measured process per device message. */
async function runSessions({ child, pool, path }: Measured, sessions: number, from: number): Promise<number> {
  await ask(child, 'start');
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, device) => {
      for (let at = 0; at < sessions / AT_ONCE; at += 1) {
        const id = ((from + at) % 0xffff).toString(16).toUpperCase();
        await post(pool, path, package1(device, id));
        await post(pool, path, package3(device, id));
      }
    }),
  );
  const { cpu } = await ask(child, 'stop');
  return cpu / (sessions * 2);
}

/** Growth of the heap by sessions that wait for their device. */
async function heapPerSession(url: string, sessions: number): Promise<number> {
  const { child, pool, path } = await start('sqlite', url, sessions);
  await post(pool, path, package1(0, '1'));
  const { heap: before } = await ask(child, 'heap');
  for (let device = 1; device < sessions; device += 1) await post(pool, path, package1(device, '1'));
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
  return { child, pool: new Pool(origin, { connections: AT_ONCE }), path: pathname };
}

function ask(child: ChildProcess, measure: string): Promise<{ cpu: number; heap: number }> {
  const answer = new Promise<{ cpu: number; heap: number }>((resolve) => {
    child.once('message', (message) => resolve(message as { cpu: number; heap: number }));
  });
  child.send({ measure });
  return answer;
}

async function post(pool: Pool, path: string, body: string): Promise<void> {
  const reply = await pool.request({ method: 'POST', path, headers: { 'content-type': TYPE }, body });
  const answer = await reply.body.text();
  if (reply.statusCode !== 200) throw new Error(`the bridge answered ${reply.statusCode}: ${answer.slice(0, 200)}`);
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

function package1(device: number, sessionId: string): string {
  const leaves = {
    DevId: `IMEI:${device}`,
    Man: 'Device Factory, Inc.',
    Mod: 'SmartPhone2000',
    DmV: '1.0.0.1',
    Lang: 'en-US',
  };
  const items = Object.entries(leaves)
    .map(([name, value]) => item(`./DevInfo/${name}`, value))
    .join('');
  const cred =
    '<Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-basic</Type><Format xmlns="syncml:metinf">b64</Format></Meta>' +
    '<Data>QnJ1Y2UyOk9oQmVoYXZl</Data></Cred><Meta><MaxMsgSize xmlns="syncml:metinf">16000</MaxMsgSize></Meta>';
  return message(
    device,
    sessionId,
    1,
    cred,
    `<Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Replace><CmdID>2</CmdID>${items}</Replace>`,
  );
}

/** Statuses 1 to 3 and the Sequence come first in the bridge's message: its Gets are 5 to 10. */
function package3(device: number, sessionId: string): string {
  const status = (cmdRef: number, cmd: string) =>
    `<Status><CmdID>${cmdRef + 1}</CmdID><MsgRef>1</MsgRef><CmdRef>${cmdRef}</CmdRef><Cmd>${cmd}</Cmd><Data>200</Data></Status>`;
  const results = (cmdRef: number, items: string) =>
    `<Results><CmdID>${cmdRef + 20}</CmdID><MsgRef>1</MsgRef><CmdRef>${cmdRef}</CmdRef>${items}</Results>`;
  const leaves = ['DevTyp', 'OEM', 'FwV', 'SwV', 'HwV'];
  const plain = leaves.map(
    (name, at) => status(5 + at, 'Get') + results(5 + at, item(`./DevDetail/${name}`, `${name} value`)),
  );
  const listed = [...leaves, 'LrgObj', 'URI/MaxDepth', 'URI/MaxTotLen', 'URI/MaxSegLen'].map((name) =>
    item(`./DevDetail/${name}`, 'value'),
  );
  const interior = ['./DevDetail', './DevDetail/URI'].map(
    (uri) => `<Item><Source><LocURI>${uri}</LocURI></Source>${meta('node')}</Item>`,
  );
  const body = [
    status(0, 'SyncHdr'),
    status(4, 'Sequence'),
    ...plain,
    status(10, 'Get'),
    results(10, [...interior, ...listed].join('')),
  ];
  return message(device, sessionId, 2, '', body.join(''));
}

function message(device: number, sessionId: string, msgId: number, header: string, body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>' +
    `<SessionID>${sessionId}</SessionID><MsgID>${msgId}</MsgID><Target><LocURI>http://dm.example.com/dm</LocURI></Target>` +
    `<Source><LocURI>IMEI:${device}</LocURI></Source>${header}</SyncHdr><SyncBody>${body}<Final/></SyncBody></SyncML>`
  );
}

function item(uri: string, value: string): string {
  return `<Item><Source><LocURI>${uri}</LocURI></Source>${meta('chr')}<Data>${value}</Data></Item>`;
}

function meta(format: string): string {
  return `<Meta><Format xmlns="syncml:metinf">${format}</Format><Type xmlns="syncml:metinf">text/plain</Type></Meta>`;
}

/** The commands that the simulated device executes: statuses, results, Sequence, Atomic, user interaction. */
import { describe, expect, test } from 'vitest';
import type { WireCommand, WireMessage } from '../../../src/testbed/device/message.ts';
import type { DeviceProfile } from '../../../src/testbed/device/profile.ts';
import { runSession } from '../../../src/testbed/device/session.ts';
import { buildTree } from '../../../src/testbed/device/tree-data.ts';
import { codes, exampleDevice, exchange, results } from './scripted-server.ts';

const ALL = 'Add=*&Delete=*&Exec=*&Get=*&Replace=*';

function makeTree() {
  return buildTree({
    $acl: 'Add=*&Get=*',
    DevInfo: { DevId: 'IMEI:1' },
    A: {
      $type: 'urn:oma:mo:oma-a:1.0',
      $acl: ALL,
      text: 'hello',
      number: 5,
      flag: true,
      empty: '',
      nothing: null,
      bytes: { $format: 'bin', $value: 'AAEC', $type: 'application/octet-stream' },
      fixed: { $value: 'x', $permanent: true, $access: ['Get'] },
      secret: { $value: 's', $access: ['Replace'] },
      run: { $format: 'null', $access: ['Exec', 'Get'] },
      idle: { $format: 'null', $access: ['Exec', 'Get'] },
      sub: { one: '1' },
    },
    B: { $acl: 'Get=other&Replace=other', leaf: 'mine' },
  });
}

interface Run {
  readonly codes: readonly string[];
  readonly results: readonly WireCommand[];
  readonly answer: WireMessage | undefined;
  readonly device: ReturnType<typeof exampleDevice>;
  readonly faults: readonly string[];
}

async function run(body: string, profile: Partial<DeviceProfile> = {}): Promise<Run> {
  const device = exampleDevice({
    tree: makeTree(),
    profile: { version: '1.3', auth: 'basic', ...profile },
    handlers: { './A/run': { status: 200 } },
  });
  const server = exchange(body);
  const { faults } = await runSession(device, server.world);
  const answer = server.received[1];
  return { codes: codes(answer), results: results(answer), answer, device, faults };
}

function command(name: string, uri: string, data?: string, meta = '', cmdId = '1'): string {
  const value = data === undefined ? '' : `<Data>${data}</Data>`;
  return `<${name}><CmdID>${cmdId}</CmdID><Item><Target><LocURI>${uri}</LocURI></Target>${meta}${value}</Item></${name}>`;
}

const format = (name: string, type = ''): string =>
  `<Meta><Format xmlns='syncml:metinf'>${name}</Format>${type && `<Type xmlns='syncml:metinf'>${type}</Type>`}</Meta>`;

describe('status of single commands (RepPro 1.2, TND 1.2)', () => {
  test.each([
    ['Get of a leaf', command('Get', './A/text'), 200],
    ['Get without ./', command('Get', 'A/text'), 200],
    ['Get of what is not there', command('Get', './A/none'), 404],
    ['Get without the right', command('Get', './B/leaf'), 425],
    ['Get without the access type', command('Get', './A/secret'), 405],
    ['Get with a trailing slash', command('Get', './A/'), 400],
    ['Get of an unknown property', command('Get', './A?prop=TStamp'), 406],
    ['Get of an unknown list', command('Get', './A?list=TNDS'), 406],
    ['Add of a leaf', command('Add', './A/new', 'v', format('chr')), 200],
    ['Add of an interior node', command('Add', './A/branch', undefined, format('node', 'urn:oma:mo:x:1.0')), 200],
    ['Add of what is there', command('Add', './A/text', 'v', format('chr')), 418],
    ['Add under a leaf', command('Add', './A/text/below', 'v', format('chr')), 405],
    ['Add without parent', command('Add', './A/none/new', 'v', format('chr')), 404],
    ['Add without the right', command('Add', './B/new', 'v', format('chr')), 425],
    ['Add without value', command('Add', './A/new', undefined, format('chr')), 412],
    ['Add of an unknown format', command('Add', './A/new', 'v', format('blob')), 415],
    ['Add of TNDS', command('Add', './A/new', 'v', format('xml', 'application/vnd.syncml.dmtnds+xml')), 415],
    ['Replace of a leaf', command('Replace', './A/text', 'new'), 200],
    ['Replace of what is not there', command('Replace', './A/none', 'v'), 404],
    ['Replace of an interior node', command('Replace', './A/sub', 'v'), 405],
    ['Replace without the right', command('Replace', './B/leaf', 'v'), 425],
    ['Replace of a read-only leaf', command('Replace', './A/fixed', 'v'), 405],
    ['Replace with the wrong format', command('Replace', './A/number', '7'), 415],
    ['Replace with the right format', command('Replace', './A/number', '7', format('int')), 200],
    ['Replace with no number', command('Replace', './A/number', 'seven', format('int')), 415],
    ['Replace of bin by b64', command('Replace', './A/bytes', 'AQ==', format('b64')), 200],
    ['Replace of an unchangeable property', command('Replace', './A/text?prop=Format', 'int'), 405],
    ['Replace of a title', command('Replace', './A/text?prop=Title', 'T'), 200],
    ['Replace of an ACL that is none', command('Replace', './A?prop=ACL', 'Get='), 400],
    ['Replace of the ACL of a leaf, by the parent', command('Replace', './A/text?prop=ACL', 'Get=*'), 200],
    ['Replace of an ACL without the right', command('Replace', './B?prop=ACL', 'Get=*'), 425],
    ['rename to a name that is taken', command('Replace', './A/text?prop=Name', 'flag'), 418],
    ['Delete of a sub-tree', command('Delete', './A/sub'), 200],
    ['Delete of a permanent node', command('Delete', './A/fixed'), 405],
    ['Delete of the root', command('Delete', '.'), 405],
    ['Delete of what is not there', command('Delete', './A/none'), 404],
    ['Delete without the right', command('Delete', './B/leaf'), 425],
    ['Exec', command('Exec', './A/run'), 200],
    ['Exec of what cannot be executed', command('Exec', './A/text'), 405],
    ['Exec without anything behind it', command('Exec', './A/idle'), 406],
    ['Exec of what is not there', command('Exec', './A/none'), 404],
  ])('%s gets its status (row %#)', async (_name, body, code) => {
    expect((await run(body)).codes).toEqual([`1 ${code}`]);
  });

  test('a rename moves the node with its value', async () => {
    const { codes: answer, device } = await run(command('Replace', './A/text?prop=Name', 'words'));
    expect(answer).toEqual(['1 200']);
    expect(device.tree.value('./A/words')).toBe('hello');
    expect(device.tree.find(['A', 'text'])).toBeUndefined();
  });

  test('Copy makes or overwrites the target; a device without it says 406', async () => {
    const copy = `<Copy><CmdID>1</CmdID><Item><Target><LocURI>./A/copied</LocURI></Target><Source><LocURI>./A/number</LocURI></Source></Item></Copy>`;
    const done = await run(copy);
    expect(done.codes).toEqual(['1 200']);
    expect(done.device.tree.find(['A', 'copied'])).toMatchObject({ format: 'int', value: '5' });
    expect((await run(copy, { copy: false })).codes).toEqual(['1 406']);
  });

  test('implicit parents are made by a device that does so', async () => {
    const body = command('Add', './A/x/y/leaf', 'v', format('chr'));
    const { codes: answer, device } = await run(body, { implicitParents: true });
    expect(answer).toEqual(['1 200']);
    expect(device.tree.value('./A/x/y/leaf')).toBe('v');
  });

  test('an interior node made without Replace on the parent gives Add, Delete and Replace to its maker', async () => {
    const { device } = await run(command('Add', './New', undefined, format('node')));
    expect(device.tree.find(['New'])?.acl).toBe('Add=*&Delete=mgmt-server&Get=*&Replace=mgmt-server');
  });

  test('several Items: one Status when equal, else one each with TargetRef', async () => {
    const items = (second: string): string =>
      `<Get><CmdID>1</CmdID><Item><Target><LocURI>./A/text</LocURI></Target></Item><Item><Target><LocURI>${second}</LocURI></Target></Item></Get>`;
    const same = await run(items('./A/number'));
    expect(same.codes).toEqual(['1 200']);
    expect(same.results[0]?.items.map((item) => item.data)).toEqual(['hello', '5']);
    const mixed = await run(items('./A/none'));
    expect(mixed.codes).toEqual(['1 200', '1 404']);
    expect(mixed.answer?.commands.filter(({ cmdRef }) => cmdRef === '1').map(({ targetRef }) => targetRef)).toContain(
      './A/none',
    );
  });
});

describe('the Results of a Get', () => {
  test.each([
    ['./A/text', { data: 'hello', meta: undefined }],
    ['./A/number', { data: '5', meta: { format: 'int' } }],
    ['./A/flag', { data: 'true', meta: { format: 'bool' } }],
    ['./A/empty', { data: '' }],
    ['./A/nothing', { data: undefined, meta: { format: 'null' } }],
    ['./A/bytes', { data: 'AAEC', meta: { format: 'b64', type: 'application/octet-stream' } }],
    ['./A/sub', { data: 'one', meta: { format: 'node' } }],
    ['./A/text?prop=Format', { data: 'chr' }],
    ['./A?prop=Type', { data: 'urn:oma:mo:oma-a:1.0' }],
    ['./A/bytes?prop=Size', { data: '3' }],
    ['./A/text?prop=ACL', { data: '' }],
    ['./A?prop=ACL', { data: ALL }],
    ['./A/text?prop=Name', { data: 'text' }],
  ])('a Get of %s gets its value', async (uri, expected) => {
    const { results: found } = await run(command('Get', uri));
    expect(found).toHaveLength(1);
    expect(found[0]?.items).toMatchObject([{ source: uri, ...expected }]);
  });

  test('?list=Struct has no Data, ?list=StructData has it on leaves, and unreadable nodes are left out', async () => {
    const struct = (await run(command('Get', '.?list=Struct'))).results[0]?.items ?? [];
    expect(struct.map((item) => item.source)).toContain('./A/sub/one');
    expect(struct.every((item) => item.data === undefined)).toBe(true);
    expect(struct.some((item) => item.source?.startsWith('./B'))).toBe(false);
    const data = (await run(command('Get', './A/sub?list=StructData'))).results[0]?.items;
    expect(data).toMatchObject([
      { source: './A/sub', meta: { format: 'node' }, data: undefined },
      { source: './A/sub/one', data: '1' },
    ]);
  });

  test('?list=MORoot names the roots of MOs', async () => {
    const { results: found } = await run(command('Get', '.?list=MORoot'), { list: ['MORoot'] });
    expect(found[0]?.items).toMatchObject([{ source: './A', meta: { type: 'urn:oma:mo:oma-a:1.0' } }]);
  });
});

describe('Sequence and Atomic', () => {
  const inside = (container: string, ...members: readonly string[]): string =>
    `<${container}><CmdID>1</CmdID>${members.join('')}</${container}>`;
  const write = command('Replace', './A/text', 'new', '', '2');
  const fail = command('Replace', './A/none', 'v', '', '3');
  const after = command('Replace', './A/empty', 'v', '', '4');

  test('a Sequence goes on after a failure', async () => {
    const { codes: answer, device } = await run(inside('Sequence', write, fail, after));
    expect(answer).toEqual(['1 200', '2 200', '3 404', '4 200']);
    expect(device.tree.value('./A/empty')).toBe('v');
  });

  test('a failing Atomic is rolled back with 507, 216, the status of the failure, and 215', async () => {
    const { codes: answer, device } = await run(inside('Atomic', write, fail, after));
    expect(answer).toEqual(['1 507', '2 216', '3 404', '4 215']);
    expect(device.tree.value('./A/text')).toBe('hello');
  });

  test('a good Atomic is executed', async () => {
    const { codes: answer, device } = await run(inside('Atomic', write, after));
    expect(answer).toEqual(['1 200', '2 200', '4 200']);
    expect(device.tree.value('./A/text')).toBe('new');
  });

  test('a Get inside Atomic gets 500, nothing runs, and the server is at fault', async () => {
    const {
      codes: answer,
      faults,
      device,
    } = await run(inside('Atomic', write, command('Get', './A/text', undefined, '', '3')));
    expect(answer).toEqual(['1 500', '2 215', '3 215']);
    expect(faults).toEqual(['message 1: Get inside Atomic']);
    expect(device.tree.value('./A/text')).toBe('hello');
  });

  test.each([
    ['Sequence', { sequence: 'refused' }],
    ['Atomic', { atomic: false }],
  ] as const)('a device without %s answers 406 and runs nothing', async (container, profile) => {
    const { codes: answer, device } = await run(inside(container, write), profile);
    expect(answer).toEqual(['1 406', '2 215']);
    expect(device.tree.value('./A/text')).toBe('hello');
  });

  test('a device that dies of a Sequence sends nothing more', async () => {
    const device = exampleDevice({ tree: makeTree(), profile: { version: '1.3', auth: 'basic', sequence: 'fatal' } });
    const server = exchange(inside('Sequence', write));
    expect(await runSession(device, server.world)).toMatchObject({ end: 'crashed', messages: 1 });
  });
});

describe('user interaction (DM-1.3 §10.2)', () => {
  const ask = (code: number, ...items: readonly string[]): string =>
    `<Alert><CmdID>1</CmdID><Data>${code}</Data><Item></Item>${items.map((text) => `<Item><Data>${text}</Data></Item>`).join('')}</Alert>`;

  test.each([
    ['1102', ask(1102, 'Name?'), { input: 'CNN' }, '200', ['CNN']],
    ['1103', ask(1103, 'Which?', 'a', 'b', 'c'), { choices: [2, 3] }, '200', ['2']],
    ['1104', ask(1104, 'Which?', 'a', 'b', 'c'), { choices: [3, 2] }, '200', ['3', '2']],
    ['1103 out of range', ask(1103, 'Which?', 'a'), { choices: [2] }, '416', []],
    ['1102 cancelled', ask(1102, 'Name?'), { answer: 'cancel' as const }, '214', []],
  ])('the user answers Alert %s', async (_name, body, user, code, data) => {
    const device = exampleDevice({ user: { answer: 'yes', input: '', choices: [], ...user } });
    const server = exchange(body);
    await runSession(device, server.world);
    const status = server.received[1]?.commands.find(({ cmd }) => cmd === 'Alert');
    expect(status?.data).toBe(code);
    expect(status?.items.map((item) => item.data)).toEqual(data);
  });

  test('a device without a user answers 406', async () => {
    expect((await run(ask(1100, 'Hello'), { ui: false })).codes).toEqual(['1 406']);
  });
});

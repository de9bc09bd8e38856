/** The MO cache as the backend sees it: CV, and 304 (DM-2.0 §11). */
import { describe, expect, test } from 'vitest';
import {
  CAM,
  DCMO,
  DEVINFO,
  DIAG,
  GET_CAM,
  knownDevice,
  openDevice,
  TREE,
  UNCHANGED,
  USB,
  VENDOR,
} from './cache-test-device.ts';
import { cvIn, DATA_URI, type SimulatedSessionsOptions, type Wire } from './simulated-sessions.ts';

describe('the cache validator [DM-MEC-002-C-O]', () => {
  test('a cache validator comes with the roots of instances, and with nothing else', async () => {
    const sessions = await openDevice();
    const gets = [
      `${CAM}/`,
      `${CAM}/Ext`,
      `${CAM}/Property`,
      `${DCMO}/*`,
      `${DCMO}/*/Ext`,
      `${DEVINFO}/`,
      `${VENDOR}/`,
    ];
    const { first } = await sessions.run(gets.map((uri) => ['GET', uri]));
    const cvs = first.map(({ data }) => (Array.isArray(data) ? data.map(({ CV }) => typeof CV) : 'text'));
    expect(cvs).toEqual([
      ['string'],
      ['undefined'],
      'text',
      ['string', 'string'],
      ['undefined'],
      ['string'],
      ['string'],
    ]);
  });

  test('HPUT sends the cache validator of an instance', async () => {
    const sessions = await openDevice();
    const { put, first } = await sessions.run([GET_CAM, ['HPUT', `${DATA_URI}up`, `${CAM}/`, `${CAM}/Property`]]);
    expect(put).toMatchObject([[{ CV: cvIn(first[0]) }, { MOData: { Property: 'Camera' } }]]);
    expect(JSON.stringify(put[0]).match(/"CV"/gu)).toHaveLength(1);
  });

  test.each<[string, Partial<SimulatedSessionsOptions>]>([
    ['StructData', {}],
    ['Struct and Gets', { profile: { list: ['Struct'] } }],
    ['walking', { profile: { list: [] } }],
    ['walking without types', { profile: { list: [], props: [], version: '1.1' } }],
    [
      'another order of nodes',
      {
        tree: {
          ...TREE,
          DCMO: {
            cam: { Ext: { Deep: { Er: 'd' }, Note: 'n' }, Enabled: true, Property: 'Camera', $type: DCMO },
          },
        },
      },
    ],
    ['a bridge with an SQLite store', { store: 'sqlite' }],
  ])('a cache validator is the same for an instance read by %s', async (_, options) => {
    const [reference, other] = [await openDevice(), await openDevice(options)];
    const [one, two] = [await reference.run([GET_CAM]), await other.run([GET_CAM])];
    expect(cvIn(two.first[0])).toBe(cvIn(one.first[0]));
    expect(cvIn(one.first[0])).toMatch(/^[\w-]{16}$/u);
  });

  test('a cache validator changes with every value in the instance', async () => {
    const sessions = await openDevice();
    const cvs = new Set<string | undefined>();
    for (const value of ['n', 'm', '', 'n ']) {
      sessions.device.tree.setValue('./DCMO/cam/Ext/Note', value);
      cvs.add(cvIn((await sessions.run([GET_CAM])).first[0]));
    }
    expect(cvs.size).toBe(4);
  });
});

describe.each(['memory', 'sqlite'] as const)('a read with cv [DM-MEC-002-C-O], store: %s', (store) => {
  test.each<[string, (cv: string) => Wire, number]>([
    ['the root', (cv) => ['GET', `${CAM}/?cv=${cv}`], 304],
    ['a leaf', (cv) => ['GET', `${CAM}/Ext/Note?cv=${cv}`], 304],
    ['a sub-tree', (cv) => ['GET', `${CAM}/Ext?cv=${cv}`], 304],
    ['a wildcard in the one instance', (cv) => ['GET', `${CAM}/Ext/*?cv=${cv}`], 304],
    ['an x-name', (cv) => ['GET', `${DCMO}/(x)/?nv=(x)/Property:Camera&cv=${cv}`], 304],
    ['the root with another cv', () => ['GET', `${CAM}/?cv=AAAAAAAAAAAAAAAA`], 200],
    ['the root with a cv that begins alike', (cv) => ['GET', `${CAM}/?cv=${cv.slice(0, -1)}`], 200],
    ['the root with the cv of another instance', (cv) => ['GET', `${USB}/?cv=${cv}`], 200],
    ['a wildcard over several instances', (cv) => ['GET', `${DCMO}/*?cv=${cv}`], 200],
    ['a missing node', (cv) => ['GET', `${CAM}/Ext/None?cv=${cv}`], 404],
    ['a missing instance', (cv) => ['GET', `${DCMO}/none/?cv=${cv}`], 404],
    ['the root in an HPUT', (cv) => ['HPUT', `${DATA_URI}up`, `${CAM}/?cv=${cv}`], 304],
    ['a leaf in an HPUT', (cv) => ['HPUT', `${DATA_URI}up`, `${CAM}/Property?cv=${cv}`], 304],
    ['the root with another cv in an HPUT', () => ['HPUT', `${DATA_URI}up`, `${CAM}/?cv=AAAAAAAAAAAAAAAA`], 200],
    [
      'the root beside another instance in an HPUT',
      (cv) => ['HPUT', `${DATA_URI}up`, `${CAM}/?cv=${cv}`, `${USB}/`],
      200,
    ],
  ])('a read with cv of %s gets its status', async (_, wire, status) => {
    const sessions = await openDevice({ store });
    const { first } = await sessions.run([GET_CAM]);
    for (const plan of [{}, UNCHANGED]) {
      const next = await sessions.run([wire(cvIn(first[0]) ?? '')], plan);
      expect(next.first[0]?.status).toBe(status);
      expect(next.first[0]?.data === undefined).toBe(wire('')[0] !== 'GET' || status !== 200);
      expect(next.put.length).toBe(wire('')[0] === 'HPUT' && status === 200 ? 1 : 0);
      sessions.bridge.kill();
    }
  });

  test('a cv does not count for a read of two equal instances', async () => {
    const cam = { $type: DCMO, Property: 'Camera' };
    const sessions = await openDevice({ store, tree: { ...TREE, DCMO: { cam }, Second: { cam } } });
    const { first } = await sessions.run([['GET', `${DCMO}/*`]]);
    expect(first[0]?.data).toMatchObject([{ CV: cvIn(first[0]) }, { CV: cvIn(first[0]) }]);
    const next = await sessions.run([
      ['GET', `${DCMO}/*?cv=${cvIn(first[0])}`],
      ['GET', `${DCMO}/*/Property?cv=${cvIn(first[0])}`],
      ['GET', `${DCMO}/cam/*?cv=${cvIn(first[0])}`],
    ]);
    expect(next.first.map(({ status }) => status)).toEqual([200, 200, 304]);
  });

  test('HPUT leaves out an instance whose cv has not changed', async () => {
    const sessions = await openDevice({ store });
    const { first } = await sessions.run([GET_CAM, ['GET', `${USB}/`]]);
    const [cam, usb] = first.map(cvIn);
    const list: readonly Wire[] = [
      ['HPUT', `${DATA_URI}one`, `${CAM}/?cv=${cam}`, `${USB}/`],
      ['HPUT', `${DATA_URI}none`, `${CAM}/?cv=${cam}`, `${USB}/Property?cv=${usb}`],
      ['HPUT', `${DATA_URI}missing`, `${CAM}/?cv=${cam}`, `${CAM}/None`],
    ];
    const next = await sessions.run(list);
    expect(next.first.map(({ status }) => status)).toEqual([200, 304, 404]);
    expect(next.put).toMatchObject([[{ ClientURI: `${USB}/`, CV: usb }]]);
    expect(next.put[0]).toHaveLength(1);
  });

  test('a read with an old cv gets the data, and a new CV with a root', async () => {
    const sessions = await openDevice({ store });
    const cv = cvIn((await sessions.run([GET_CAM])).first[0]);
    sessions.device.tree.setValue('./DCMO/cam/Ext/Note', 'other');
    const { first } = await sessions.run([
      ['GET', `${CAM}/?cv=${cv}`],
      ['GET', `${CAM}/Property?cv=${cv}`],
    ]);
    expect(first).toMatchObject([{ status: 200 }, { status: 200, data: 'Camera' }]);
    expect(cvIn(first[0])).toMatch(/^[\w-]{16}$/u);
    expect(cvIn(first[0])).not.toBe(cv);
  });
});

describe('nodes without Get permission', () => {
  test('a node without Get permission gets 403 with and without cv, from the cache or the device', async () => {
    const cam = { $type: DCMO, Property: 'Camera', Secret: { $value: 's', $acl: 'Get=other' } };
    for (const plan of [{}, UNCHANGED]) {
      const sessions = await openDevice({ tree: { ...TREE, DCMO: { cam } } });
      const cv = cvIn((await sessions.run([GET_CAM])).first[0]);
      expect(cv).toBeDefined();
      const { first } = await sessions.run(
        [
          ['GET', `${CAM}/Secret?cv=${cv}`],
          ['GET', `${CAM}/Secret`],
          ['GET', `${CAM}/Property?cv=${cv}`],
          ['HPUT', `${DATA_URI}up`, `${CAM}/Secret?cv=${cv}`],
        ],
        plan,
      );
      expect(first.map(({ status }) => status)).toEqual([403, 403, 304, 403]);
    }
  });

  test('an instance whose Get permission was removed gets 403 instead of 304', async () => {
    const sessions = await openDevice();
    const cv = cvIn((await sessions.run([GET_CAM])).first[0]);
    const cam = sessions.device.tree.find(['DCMO', 'cam']);
    if (cam !== undefined) cam.acl = 'Get=other';
    const { first } = await sessions.run([['GET', `${CAM}/?cv=${cv}`]], { treeChange: ['./DCMO/cam'] });
    expect(first[0]?.status).toBe(403);
  });
});

describe('an MO with volatile nodes', () => {
  test('an MO with volatile nodes has no CV and is read again, and its other nodes may come from the cache', async () => {
    const sessions = await openDevice();
    const list: readonly Wire[] = [
      ['GET', `${DIAG}/`],
      ['GET', `${DIAG}/?cv=AAAAAAAAAAAAAAAA`],
      ['GET', `${DIAG}/DiagMonConfig/Rate`],
      ['GET', `${DIAG}/DiagMonData/Free`],
    ];
    await sessions.run(list);
    sessions.device.tree.setValue('./DiagMon/mem/DiagMonData/Free', '50');
    const { first, asked } = await sessions.run(list, UNCHANGED);
    expect(JSON.stringify(first)).not.toContain('CV');
    expect(first).toMatchObject([
      { data: [{ MOData: { mem: { DiagMonData: { Free: 50 } } } }] },
      { status: 200, data: [{ MOData: { mem: { DiagMonData: { Free: 50 } } } }] },
      { data: '5' },
      { data: '50' },
    ]);
    expect(asked.some((command) => command.includes('Rate'))).toBe(false);
  });

  test('an MO with volatile nodes is not read as a whole for a cv', async () => {
    const sessions = await openDevice();
    await sessions.run([['GET', `${DIAG}/DiagMonConfig/Rate`]]);
    const { asked } = await sessions.run([['GET', `${DIAG}/DiagMonConfig/Rate?cv=AAAAAAAAAAAAAAAA`]]);
    expect(asked.map((command) => command.split('?')[0])).toEqual(['Get ./DiagMon/mem/DiagMonConfig/Rate']);
  });

  test('an MO without a mapping is read in every session, because its volatile nodes are unknown', async () => {
    const list: readonly Wire[] = [['GET', `${VENDOR}/`]];
    const sessions = await knownDevice(list);
    sessions.device.tree.setValue('./Vendor/box/Name', 'changed without an alert');
    const { first, asked } = await sessions.run(list, UNCHANGED);
    expect(first).toMatchObject([{ data: [{ MOData: { box: { Name: 'changed without an alert' } } }] }]);
    expect(asked).toEqual(['Get ./Vendor/box?list=StructData']);
  });
});

/**
 * The effects of a package are those of its commands in order, on every road of one node: data, rights, names of rights, virtual
 * objects, deletions (DM-2.0 §5.2.3). The reference sends each command in a package of its own.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeviceNode, interior, leaf } from '../north/model/device.ts';
import { context as base, DATA, document, knowledgeOf, play, type Scene } from '../north/model/play.ts';
import { DCMO, DMACC, SESSION_INFO } from '../north/model/simulated-device.ts';
import { type AclDeviceOptions, aclDevice } from './acl-device.ts';
import { DAC } from './scene.ts';

const account = { ...base.account, serverId: 'DMS1' };
const context = { ...base, account, accounts: [account, { ...account, id: 's2', serverId: 'S2' }] };
const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';
const ACLS = {
  '.': 'Add=*&Get=*',
  './DCMO': MINE,
  './DCMO/camera': MINE,
  './DCMO/camera/Ext': `${MINE.replace('Get=', 'Get=S2+')}`,
};

function tree(): DeviceNode {
  const capability = (name: string) =>
    interior({ Property: leaf(name), Enabled: leaf('true', 'bool'), Ext: interior({ k: leaf('1') }) }, DCMO);
  return interior({ DCMO: interior({ camera: capability('Camera'), usb: capability('USB') }) });
}

const of = (MAID: string, AR: number) => ({ MAID, AR });
const member = (ClientURI: string, MOData: unknown) => [{ ClientURI, MOData }];

/** Documents of the repository by name. */
const DOCUMENTS: Readonly<Record<string, unknown>> = {
  lens: 'Lens',
  ar1: '1',
  ar9: '9',
  ar15: '15',
  hides: '14',
  capability: member(`${DCMO}/camera`, { camera: { Property: 'New', Enabled: false } }),
  radio: member(`${DCMO}//`, { radio: { Property: 'Radio', Enabled: true } }),
  names: member(`${DAC}//${DCMO}/camera`, { camera: { main: { Permissions: { us: of('serverid:DMS1', 15) } } } }),
  others: member(`${DAC}//${DCMO}/camera`, {
    camera: {
      root: { Permissions: { we: of('serverid:DMS1', 15), you: of('serverid:S2', 1) } },
      ext: { Path: '/Ext', Permissions: { we: of('serverid:DMS1', 15), all: of('*', 1) } },
    },
  }),
  whole: member(`${DAC}//`, {
    DacMO: {
      [DCMO]: { usb: { u: { Permissions: { us: of('serverid:DMS1', 15) } } } },
      [SESSION_INFO]: { SessionInfoMO: { s: { Permissions: { us: of('serverid:DMS1', 1) } } } },
    },
  }),
  fixed: member(`${DAC}//${DMACC}/DMS1/1/Permissions/DMS1/AR`, { AR: 3 }),
};

const RIGHTS = `${DAC}//${DCMO}/camera`;
const COMMANDS: readonly (readonly string[])[] = [
  ['GET', `${DCMO}/camera/`],
  ['GET', `${DCMO}/camera/Property`],
  ['GET', `${DCMO}/camera/Ext/k`],
  ['GET', `${DCMO}/*/Property`],
  ['GET', `${DCMO}/(x)/Enabled?nv=(x)/Property:Lens`],
  ['HPUT', `${DATA}/up`, `${DCMO}/camera/Property`, `${DCMO}/usb/Ext/k`],
  ['HPUT', `${DATA}/up`, RIGHTS],
  ['GET', RIGHTS],
  ['GET', `${RIGHTS}/1/Permissions/DMS1/AR`],
  ['GET', `${RIGHTS}/Ext/Permissions/(y)/AR?nv=(y)/MAID:serverid:DMS1`],
  ['GET', `${DAC}//`],
  ['GET', `${DAC}//${SESSION_INFO}/SessionInfoMO`],
  ['GET', `${DMACC}//Auth/Noti/Type`],
  ['HGET', `${DATA}/lens`, `${DCMO}/camera/Property`],
  ['HGET', `${DATA}/lens`, `${DCMO}/*/Ext/k`],
  ['HGET', `${DATA}/lens`, `${DMACC}//Auth/Noti/Secret`],
  ['HGET', `${DATA}/capability`],
  ['HGET', `${DATA}/radio`],
  ['HGET', `${DATA}/ar1`, `${RIGHTS}/1/Permissions/DMS1/AR`],
  ['HGET', `${DATA}/ar9`, `${RIGHTS}/Ext/Permissions/DMS1/AR`],
  ['HGET', `${DATA}/ar15`, `${RIGHTS}/(x)/Permissions/DMS1/AR?nv=(x)/Path:/Ext`],
  ['HGET', `${DATA}/hides`, `${DAC}//${DCMO}/usb/1/Permissions/DMS1/AR`],
  ['HGET', `${DATA}/names`],
  ['HGET', `${DATA}/others`],
  ['HGET', `${DATA}/others`, RIGHTS],
  ['HGET', `${DATA}/whole`],
  ['HGET', `${DATA}/fixed`],
  ['DELETE', `${DCMO}/camera/Ext`],
  ['DELETE', `${DCMO}/usb/`],
  ['DELETE', `${DCMO}/*/Ext/k`],
  ['DELETE', `${RIGHTS}/1`],
  ['EXEC', `${DCMO}/camera/Ext/k`],
];

interface Setting {
  readonly options: AclDeviceOptions;
  readonly commands: readonly (readonly string[])[];
}

const setting: fc.Arbitrary<Setting> = fc.record({
  options: fc.record({
    tnds: fc.boolean(),
    lists: fc.constantFrom([], ['StructData' as const], ['Struct' as const, 'StructData' as const]),
    unlisted: fc.constantFrom([], ['./DCMO/camera']),
    listedAcls: fc.constantFrom('own' as const, 'all' as const),
    atomic: fc.constantFrom(undefined, 'unknown' as const),
  }),
  commands: fc.array(fc.constantFrom(...COMMANDS), { minLength: 2, maxLength: 8 }),
}) as fc.Arbitrary<Setting>;

interface Way {
  readonly packages: readonly (readonly (readonly string[])[])[];
  readonly dies?: Scene['dies'] | undefined;
  readonly answers?: Scene['answers'];
}

const way = fc.record({
  dies: fc.boolean(),
  answers: fc.constantFrom(undefined, 'singly' as const, 'backwards' as const),
});

function run({ options }: Setting, { packages, dies, answers: order }: Way): unknown {
  const device = aclDevice(tree(), ACLS, { ...options, enforces: true });
  const uploads: unknown[] = [];
  const scene = {
    device,
    context,
    knowledge: knowledgeOf({ miids: { [DCMO]: { camera: './DCMO/camera', usb: './DCMO/usb' } } as never }),
    repository: ({ method, url, body }: { method: string; url: string; body?: unknown }) => {
      if (method !== 'GET') uploads.push(body);
      const stored = DOCUMENTS[url.slice(DATA.length + 1)];
      if (method !== 'GET' || stored === undefined) return document('');
      return typeof stored === 'string' ? document(stored, 'text/plain') : document(JSON.stringify(stored));
    },
    answers: order,
    ...(dies !== undefined && { dies }),
  };
  const played = play(
    scene,
    packages.map((commands) => ({ commands })),
  );
  const answers = played.packages.slice(1).map(({ json, data }) => ({ statuses: json.Status as unknown[], data }));
  let at = 0;
  const results = answers.flatMap(({ statuses, data }) =>
    statuses.map((status, index) => {
      at += 1;
      return { command: at, status, data: data[String(index)] };
    }),
  );
  const { rightsNames = {}, accountValues } = played.state.device;
  return { results, uploads, tree: device.tree, acls: Object.fromEntries(device.acls), rightsNames, accountValues };
}

test('a package has the effects of its commands one by one', () => {
  fc.assert(
    fc.property(setting, way, (scene, { dies, answers }) => {
      const alone = run(scene, { packages: scene.commands.map((command) => [command]) });
      const stops = dies ? (step: number) => step % 2 === 0 : undefined;
      const together = run(scene, { packages: [scene.commands], dies: stops, answers });
      expect(together).toEqual(alone);
    }),
    { numRuns: 100 },
  );
});

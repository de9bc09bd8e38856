/**
 * Access rights through the whole bridge, with a simulated device that enforces its ACLs: what the DAC MO shows is what commands
 * get, and a change counts from the next command on (DM-2.0 §10, §12.3, §13.2; DM-TND §7.7.1).
 */
import { describe, expect, test } from 'vitest';
import type { NodeData } from '../../src/testbed/device/tree-data.ts';
import {
  type CommandAnswer,
  DATA_URI,
  SimulatedSessions,
  type SimulatedSessionsOptions,
  type Wire,
} from './simulated-sessions.ts';

const DAC = 'urn:oma:mo:oma-dm-dacmo:1.0';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const ACCOUNT = 'urn:oma:mo:oma-dm-dmacc:1.2';
const OWN_ACCOUNT = 'urn:oma:mo:oma-dm-dmacc:1.0';
const SESSION_INFO = 'urn:oma:mo:oma-sessioninfomo:1.0';
const CAMERA = `${DAC}//${DCMO}/camera`;

const ALL = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';
const SHARED = 'Add=S2+legacy-dm&Delete=S2+legacy-dm&Exec=legacy-dm&Get=S2+S3+legacy-dm&Replace=S2+legacy-dm';

const capability = (acl: string): NodeData => ({
  $type: DCMO,
  $acl: acl,
  Property: 'Camera',
  Enabled: true,
  Ext: { k: 'v' },
  Operations: { Enable: { $format: 'null', $access: ['Exec'] } },
});

const secret = (acl: string): NodeData => ({ $value: 'hush', $access: ['Get', 'Replace'], $acl: acl });

const TREE: SimulatedSessionsOptions['tree'] = {
  DCMO: { $acl: ALL, camera: capability(SHARED), usb: capability(ALL) },
  DMAcc: {
    one: {
      $type: 'urn:oma:mo:oma-dm-dmacc:1.2',
      ServerID: 'legacy-dm',
      AppAuth: {
        s: {
          AAuthName: 'srv',
          AAuthSecret: { $value: 'hush', $access: ['Replace'] },
          AAuthData: secret('Replace=legacy-dm'),
        },
      },
    },
  },
};

const NAMED = {
  ours: {
    Permissions: {
      us: { MAID: 'serverid:DMS1', AR: 15 },
      them: { MAID: 'serverid:S2', AR: 11 },
      reader: { MAID: 'serverid:S3', AR: 1 },
    },
  },
};

const DOCUMENTS: Readonly<Record<string, unknown>> = {
  1: 1,
  9: 9,
  14: 14,
  15: 15,
  names: [{ ClientURI: CAMERA, MOData: { camera: NAMED } }],
  radio: [{ ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'Radio', Enabled: true } } }],
  secret: [{ ClientURI: `${OWN_ACCOUNT}/one/AppAuth/s`, MOData: { s: { AAuthName: 'srv', AAuthSecret: 'new' } } }],
};

async function open(options: Partial<SimulatedSessionsOptions> = {}): Promise<SimulatedSessions> {
  const sessions = await SimulatedSessions.open({ tree: TREE, ...options });
  for (const [name, stored] of Object.entries(DOCUMENTS)) {
    const type = typeof stored === 'number' ? 'text/plain' : 'application/dmmo+json';
    sessions.documents.set(name, { type, text: JSON.stringify(stored) });
  }
  return sessions;
}

const hget = (name: string, clientUri?: string): Wire => {
  const command = ['HGET', `${DATA_URI}${name}`];
  return clientUri === undefined ? command : [...command, clientUri];
};

const statusesOf = (answers: readonly CommandAnswer[]) => answers.map(({ status }) => status);

/** The tree of the first member below its label. */
function dataIn(answer: CommandAnswer | undefined): unknown {
  const [member] = (answer?.data ?? []) as readonly { readonly MOData: Readonly<Record<string, unknown>> }[];
  return Object.values(member?.MOData ?? {})[0];
}

function aclOf({ device }: SimulatedSessions, ...names: readonly string[]): string | undefined {
  return device.tree.find(names)?.acl;
}

const DEVICES: readonly (readonly [string, Partial<SimulatedSessionsOptions>])[] = [
  ['that lists with values', {}],
  ['that lists without values', { profile: { list: ['Struct'] } }],
  ['without lists', { profile: { list: [] } }],
  ['without Atomic', { profile: { atomic: false } }],
];

describe.each(DEVICES)('on a device %s', (_, options) => {
  test('rights that are taken away hold for the next command of the package, and for the next session', async () => {
    const sessions = await open(options);
    const data: readonly Wire[] = [
      ['GET', `${DCMO}/usb/`],
      ['GET', `${DCMO}/usb/Property`],
    ];
    const ar = `${DAC}//${DCMO}/usb/1/Permissions/DMS1/AR`;
    const { first } = await sessions.run([...data, hget('14', ar), ...data, ['GET', ar]]);
    expect(statusesOf(first)).toEqual([200, 200, 200, 403, 403, 403]);
    expect(aclOf(sessions, 'DCMO', 'usb')).toBe(ALL.replace('Get=legacy-dm&', ''));
    const next = await sessions.run(data);
    expect(statusesOf(next.first)).toEqual([403, 403]);
  });

  test('a package sees what it changes: rights, then data under them, then the rights again', async () => {
    const sessions = await open(options);
    const ar = `${CAMERA}/1/Permissions/DMS1/AR`;
    const { first } = await sessions.run([
      hget('9', ar),
      hget('1', `${DCMO}/camera/Ext/new`),
      ['DELETE', `${DCMO}/camera/Ext`],
      hget('15', ar),
      hget('1', `${DCMO}/camera/Property`),
      ['GET', `${DCMO}/camera/Property`],
      ['DELETE', `${DCMO}/camera/Ext`],
      ['GET', `${CAMERA}/1/Permissions/(x)/AR?nv=(x)/MAID:serverid:DMS1`],
    ]);
    expect(statusesOf(first)).toEqual([200, 403, 403, 200, 200, 200, 200, 200]);
    expect([first[5]?.data, first[7]?.data]).toEqual(['1', '15']);
  });

  test('names of a document are those of the next command, of the next session and of another process', async () => {
    const sessions = await open(options);
    const { first } = await sessions.run([['GET', CAMERA], hget('names'), ['GET', CAMERA]]);
    expect(statusesOf(first)).toEqual([200, 200, 200]);
    expect(dataIn(first[0])).toHaveProperty('1');
    expect(dataIn(first[2])).toEqual(NAMED);
    sessions.bridge.kill();
    const later = await sessions.run([['GET', CAMERA]]);
    expect(dataIn(later.first[0])).toEqual(NAMED);
    expect(aclOf(sessions, 'DCMO', 'camera')).toBe(SHARED);
  });

  test('nothing deletes the entries of any server, nor those of the objects of the bridge', async () => {
    const sessions = await open(options);
    const { first, asked } = await sessions.run([
      ...['DMS1', 'S2', 'S3', '1', '*'].map((name): Wire => ['DELETE', `${CAMERA}/1/Permissions/${name}`]),
      ['DELETE', `${CAMERA}/1`],
      ['DELETE', CAMERA],
      ['DELETE', `${DAC}//`],
      ['DELETE', `${DAC}//${ACCOUNT}/DMS1/1/Permissions/DMS1`],
      ['DELETE', `${DAC}//${SESSION_INFO}/SessionInfoMO/1`],
      ['DELETE', `${ACCOUNT}/DMS1/`],
      ['EXEC', `${CAMERA}/1`],
    ]);
    expect(statusesOf(first)).toEqual([405, 405, 405, 405, 405, 405, 405, 405, 403, 403, 405, 405]);
    expect(aclOf(sessions, 'DCMO', 'camera')).toBe(SHARED);
    expect(asked.filter((line) => !line.startsWith('Get'))).toEqual([]);
  });

  test('the secrets of its account are left out, whichever of access type and ACL hides them, and can be written', async () => {
    const sessions = await open(options);
    const { first, put } = await sessions.run([
      ['GET', `${OWN_ACCOUNT}/one/`],
      ['HPUT', `${DATA_URI}up`, `${OWN_ACCOUNT}/one/`],
      ['GET', `${OWN_ACCOUNT}/one/AppAuth/s/AAuthSecret`],
      ['GET', `${OWN_ACCOUNT}/one/AppAuth/s/AAuthData`],
      hget('secret'),
    ]);
    expect(statusesOf(first)).toEqual([200, 200, 403, 403, 200]);
    const shown = { ServerID: 'legacy-dm', AppAuth: { s: { AAuthName: 'srv' } } };
    expect(dataIn(first[0])).toEqual(shown);
    expect(put).toMatchObject([[{ MOData: { one: shown } }]]);
    expect(JSON.stringify(put)).not.toContain('Secret');
    const login = sessions.device.tree.find(['DMAcc', 'one', 'AppAuth', 's'])?.children;
    expect(login?.get('AAuthSecret')?.value).toBe('new');
    expect(login?.get('AAuthData')?.value).toBe('hush');
  });

  test('a new instance belongs to this server alone, as the DAC MO shows', async () => {
    const sessions = await open(options);
    const { first } = await sessions.run([hget('radio'), ['GET', `${DAC}//${DCMO}/radio`]]);
    expect(statusesOf(first)).toEqual([200, 200]);
    expect(dataIn(first[1])).toEqual({ 1: { Permissions: { DMS1: { MAID: 'serverid:DMS1', AR: 15 } } } });
    expect(aclOf(sessions, 'DCMO', 'radio')).toBe(ALL);
  });
});

/** The entries of DM Account and Session Information in the DAC MO, which nothing changes (DM-2.0 §10, §12.3). */
import { describe, expect, test } from 'vitest';
import { formatTnds } from '../../src/xml-data/tnds.ts';
import { DATA, document } from '../north/model/play.ts';
import { DCMO, DMACC, dataOf, SESSION_INFO } from '../north/model/simulated-device.ts';
import { DAC, moData, type Played, play, type RightsScene, store, written } from './scene.ts';

const ACCOUNT = `${DAC}//${DMACC}/DMS1`;
const SESSION = `${DAC}//${SESSION_INFO}/SessionInfoMO`;
const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';

const own = (AR: number, maid = 'serverid:DMS1') => ({ Permissions: { DMS1: { MAID: maid, AR } } });
const OF_ACCOUNT = {
  1: own(1),
  'Auth.Noti.Secret': { Path: '/Auth/Noti/Secret', ...own(2) },
  'Auth.Noti.Data': { Path: '/Auth/Noti/Data', ...own(2) },
};

function shown(outcome: Played, index = 0): unknown {
  const [member] = dataOf(outcome, index) as readonly { readonly MOData: Record<string, unknown> }[];
  return Object.values(member?.MOData ?? {})[0];
}

describe('the DAC MO', () => {
  test('shows what this server may do with its account: read it, and write its secrets', () => {
    const outcome = play([
      ['GET', ACCOUNT],
      ['GET', `${DAC}//urn:oma:mo:oma-dm-dmacc:2.0/DMS1/`],
      ['GET', `${ACCOUNT}/Auth.Noti.Secret/Permissions/DMS1/AR`],
      ['GET', `${DAC}//${DMACC}/DMS2`],
    ]);
    expect(outcome.statuses).toEqual(['200', '200', '200', '404']);
    expect(shown(outcome)).toEqual(OF_ACCOUNT);
    expect(shown(outcome, 1)).toEqual(OF_ACCOUNT);
    expect(dataOf(outcome, 2)).toEqual({ type: 'text/plain', text: '2' });
    expect(outcome.trips).toEqual([]);
  });

  test('tells the truth about the account: each right is what a command gets', () => {
    const outcome = play(
      [
        ['GET', `${DMACC}/DMS1/`],
        ['GET', `${DMACC}/DMS1/Auth/Noti/Secret`],
        ['HGET', `${DATA}/x`, `${DMACC}/DMS1/Auth/Noti/Secret`],
        ['HGET', `${DATA}/x`, `${DMACC}/DMS1/Auth/Noti/Data`],
        ['HGET', `${DATA}/x`, `${DMACC}/DMS1/Name`],
        ['HGET', `${DATA}/x`, `${SESSION_INFO}//CBT`],
      ],
      { repository: () => document('x', 'text/plain') },
    );
    expect(outcome.statuses).toEqual(['200', '403', '200', '200', '403', '403']);
  });

  test('shows Read of Session Information', () => {
    const outcome = play([['GET', SESSION]]);
    expect(shown(outcome)).toEqual({ 1: own(1) });
  });

  test('has both beside the instances of the device, as a whole, by wildcard and by x-name', () => {
    const acls = { './DCMO/camera': MINE };
    const outcome = play(
      [
        ['GET', `${DAC}//`],
        ['GET', `${DAC}//*/*/1/Permissions/DMS1/AR`],
        ['GET', `${DAC}//(x)/DMS1/1/Permissions/DMS1/AR?nv=(x)/DMS1/1/Permissions/DMS1/AR:1`],
        ['HPUT', `${DATA}/rights`, SESSION],
      ],
      { acls, repository: () => document('') },
    );
    expect(outcome.statuses).toEqual(['200', '200', '200', '200']);
    expect(Object.keys(shown(outcome) as object)).toEqual(expect.arrayContaining([DMACC, SESSION_INFO, DCMO]));
    expect(Object.keys(shown(outcome) as object)).not.toContain(DAC);
    expect(dataOf(outcome, 1)).toMatchObject([
      { ClientURI: `${DAC}//${DMACC}/DMS1/1/Permissions/DMS1/AR`, MOData: { AR: 1 } },
      { ClientURI: `${DAC}//${SESSION_INFO}/SessionInfoMO/1/Permissions/DMS1/AR`, MOData: { AR: 1 } },
      { ClientURI: `${DAC}//${DCMO}/camera/1/Permissions/DMS1/AR`, MOData: { AR: 15 } },
    ]);
  });

  test('shows neither to an account that does not provide the MOID', () => {
    const outcome = play(
      [
        ['GET', ACCOUNT],
        ['GET', `${DAC}//`],
      ],
      { moids: [DAC, DCMO, SESSION_INFO] },
    );
    expect(outcome.statuses).toEqual(['403', '200']);
    expect(Object.keys(shown(outcome, 1) as object)).toEqual([SESSION_INFO, DCMO]);
  });

  test('names the account of the session, whatever the bridge is called on devices', () => {
    const scene = { dm1ServerId: 'the bridge', others: { DMS2: ['*'] } };
    expect(shown(play([['GET', `${ACCOUNT}/1`]], scene))).toEqual(own(1));
  });
});

describe('a change of these entries is refused with 403, and nothing is written', () => {
  const acls = { './DCMO/camera': MINE };
  const camera = { camera: { 1: { Permissions: { me: { MAID: 'serverid:DMS1', AR: 9 } } } } };
  const { 1: root, ...secrets } = OF_ACCOUNT;

  const refused: readonly (readonly [string, string, Parameters<typeof store>[1]])[] = [
    ['AR', `${ACCOUNT}/1/Permissions/DMS1/AR`, '15'],
    ['AR, lowered', `${ACCOUNT}/1/Permissions/DMS1/AR`, '0'],
    ['AR of a secret', `${ACCOUNT}/Auth.Noti.Data/Permissions/DMS1/AR`, '3'],
    ['MAID', `${SESSION}/1/Permissions/DMS1/MAID`, '*'],
    ['Path', `${ACCOUNT}/Auth.Noti.Data/Path`, '/Name'],
    ['a permission', `${SESSION}/1/Permissions/DMS2`, moData('DMS2', { MAID: 'serverid:DMS2', AR: 1 })],
    ['an entry', `${ACCOUNT}/x`, moData('x', { Path: '/Name', ...own(3) })],
    ['an entry by wildcard', `${DAC}//${DMACC}/*/1/Permissions/*/AR`, '3'],
    ['an instance: other rights', ACCOUNT, moData('DMS1', { ...OF_ACCOUNT, 1: own(15) })],
    ['an instance: another server', ACCOUNT, moData('DMS1', { ...OF_ACCOUNT, 1: own(1, 'serverid:DMS2') })],
    ['an instance: an entry less', ACCOUNT, moData('DMS1', { 1: root })],
    ['an instance: without the root entry', ACCOUNT, moData('DMS1', secrets)],
    ['an instance: an entry more', SESSION, moData('SessionInfoMO', { 1: own(1), 2: { Path: '/CBT', ...own(1) } })],
    ['a MOID', `${DAC}//${DMACC}`, moData(DMACC, { DMS1: { ...OF_ACCOUNT, 1: own(3) } })],
    [
      'the whole MO, beside a change that is allowed',
      `${DAC}//`,
      moData('DacMO', { [DCMO]: camera, [SESSION_INFO]: { SessionInfoMO: { 1: own(3) } } }),
    ],
  ];

  test.each(refused)('%s', (_, uri, reply) => {
    const outcome = store(uri, reply, { acls, others: { DMS2: ['*'] } });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
    expect(outcome.state.device.rightsNames).toBeUndefined();
  });

  test('a document with members for other objects is not stored at all', () => {
    const members = [
      { ClientURI: `${DAC}//${DCMO}/camera/1/Permissions/DMS1/AR`, MOData: { AR: 9 } },
      { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'Lens' } },
      { ClientURI: `${ACCOUNT}/1/Permissions/DMS1/AR`, MOData: { AR: 9 } },
    ];
    const outcome = play([['HGET', `${DATA}/all`]], { acls, repository: () => document(JSON.stringify(members)) });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });

  test('TNDS', () => {
    const permission = { name: 'x', format: 'node', children: [] } as const;
    const tree = { name: '1', format: 'node', children: [{ ...permission, name: 'Permissions' }] } as const;
    const reply = document(formatTnds(tree), 'application/vnd.syncml.dmtnds+xml');
    expect(store(`${SESSION}/1`, reply, { acls }).statuses).toEqual(['403']);
  });

  test.each([
    ['an entry', `${ACCOUNT}/1`],
    ['a permission', `${SESSION}/1/Permissions/DMS1`],
    ['an instance', ACCOUNT],
    ['a MOID', `${DAC}//${SESSION_INFO}`],
  ])('DELETE of %s', (_, uri) => {
    expect(play([['DELETE', uri]], { acls }).statuses).toEqual(['403']);
  });
});

describe('a document that repeats these entries', () => {
  const acls = { './DCMO/camera': MINE };

  test('is stored: a backend reads the whole MO, changes one number and writes it back', () => {
    const scene: RightsScene = { acls };
    const whole = shown(play([['GET', `${DAC}//`]], scene)) as Record<string, Record<string, unknown>>;
    const camera = { 1: { Permissions: { DMS1: { MAID: 'serverid:DMS1', AR: 9 } } } };
    const changed = { ...whole, [DCMO]: { ...whole[DCMO], camera } };
    const outcome = store(`${DAC}//`, moData('DacMO', changed), scene);
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Get=legacy-dm&Replace=legacy-dm']);
  });

  test('may name them otherwise, which a GET in the same package shows', () => {
    const named = { session: { Permissions: { ours: { MAID: 'serverid:DMS1', AR: 1 } } } };
    const rights = { [DCMO]: { camera: { 1: own(9) } }, [SESSION_INFO]: { SessionInfoMO: named } };
    const commands = [
      ['GET', SESSION],
      ['HGET', `${DATA}/rights`, `${DAC}//`],
      ['GET', SESSION],
    ];
    const outcome = play(commands, { acls, repository: () => moData('DacMO', rights) });
    expect(outcome.statuses).toEqual(['200', '200', '200']);
    expect([shown(outcome, 0), shown(outcome, 2)]).toEqual([{ 1: own(1) }, named]);
  });
});

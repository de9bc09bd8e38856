/** Leaves that the mapping knows to be unreadable, as the secrets of the device's own DM 1.x account (DM-2.0 §6.3.1.1). */
import { describe, expect, test } from 'vitest';
import type { DeviceFacts } from '../../src/device/facts.ts';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { type DeviceNode, interior, leaf, type ModelDevice, modelDevice, nodeAt } from '../north/model/device.ts';
import { DATA, document, knowledgeOf, type Outcome, playOne } from '../north/model/play.ts';
import { dataOf } from '../north/model/simulated-device.ts';

const DMACC = 'urn:oma:mo:oma-dm-dmacc:1.0';
const ROOT = './DMAcc/1';
const MIIDS = { [DMACC]: { 1: ROOT } } as const;
const SECRETS = [`${ROOT}/AppAuth/s/AAuthSecret`, `${ROOT}/AppAuth/s/AAuthData`, `${ROOT}/AppAuth/c/AAuthSecret`];

function tree(): DeviceNode {
  const login = (name: string) => ({ AAuthLevel: leaf('SRVCRED'), AAuthType: leaf('DIGEST'), AAuthName: leaf(name) });
  const account = interior(
    {
      AppID: leaf('w7'),
      ServerID: leaf('legacy-dm'),
      AppAuth: interior({
        s: interior({ ...login('srv'), AAuthSecret: leaf(), AAuthData: leaf(undefined, 'bin') }),
        c: interior({ ...login('cli'), AAuthSecret: leaf() }),
      }),
    },
    'urn:oma:mo:oma-dm-dmacc:1.2',
  );
  return interior({ DMAcc: interior({ 1: account }) });
}

const SHOWN = {
  AppID: 'w7',
  ServerID: 'legacy-dm',
  AppAuth: {
    s: { AAuthLevel: 'SRVCRED', AAuthType: 'DIGEST', AAuthName: 'srv' },
    c: { AAuthLevel: 'SRVCRED', AAuthType: 'DIGEST', AAuthName: 'cli' },
  },
};

/** How the device treats the secrets. */
interface Habit {
  readonly list: NonNullable<DeviceFacts['list']>;
  /** The answer to a Get of a secret. */
  readonly secret?: number;
  /** The answer to a listing with a secret in it; without it the listing shows the leaves without value. */
  readonly listing?: number;
  /** The listing leaves the secrets out. */
  readonly hides?: true;
  /** The answers to Gets of other nodes. */
  readonly others?: Readonly<Record<string, number>>;
}

function device({ list, secret = 405, listing, hides, others = {} }: Habit): ModelDevice {
  const lists = list === 'none' ? [] : [list];
  const refuse = hides === true ? Object.fromEntries(SECRETS.map((at) => [at, { Get: secret }])) : {};
  const model = modelDevice(tree(), { lists, refuse });
  const statusOf = ({ name, items: [item] }: ServerCommand): number | undefined => {
    if (name !== 'Get' || item?.target === undefined) return undefined;
    const [locUri = '', query] = item.target.split('?');
    if (query === undefined) return SECRETS.includes(locUri) ? secret : others[locUri];
    return SECRETS.some((at) => at.startsWith(locUri)) ? listing : undefined;
  };
  const execute: ModelDevice['execute'] = (command) => {
    const status = statusOf(command);
    if (status === undefined) return model.execute(command);
    model.log.push(`Get ${command.items[0]?.target ?? ''}`);
    return { id: command.id, status, itemStatuses: [], statusItems: [], results: [] };
  };
  return { ...model, execute };
}

interface Play {
  readonly used?: ModelDevice;
  readonly stored?: RepositoryReply;
}

function play(habit: Habit, commands: readonly (readonly string[])[], { used, stored }: Play = {}) {
  const sent: string[] = [];
  const knowledge = knowledgeOf({ miids: MIIDS, facts: { list: habit.list } });
  const repository = ({ body }: { readonly body?: unknown }) => {
    if (body !== undefined && typeof body === 'object' && body !== null && 'text' in body) sent.push(String(body.text));
    return stored ?? document('');
  };
  const outcome: Outcome = playOne({ device: used ?? device(habit), knowledge, repository }, commands);
  return { ...outcome, sent };
}

const WAYS: readonly Habit[] = [
  ...[405, 425, 403].flatMap((secret): readonly Habit[] => [
    { list: 'none', secret },
    { list: 'Struct', secret },
    { list: 'StructData', secret },
    { list: 'TNDS', secret },
    { list: 'StructData', secret, hides: true },
    { list: 'TNDS', secret, hides: true },
    { list: 'StructData', secret, listing: 425 },
    { list: 'TNDS', secret, listing: 405 },
    { list: 'Struct', secret, listing: 425 },
  ]),
];
const named = WAYS.map((habit) => [JSON.stringify(habit), habit] as const);

describe.each(named)('the secrets of an account on a device with %s', (_, habit) => {
  test('are left out of GET', () => {
    const commands = [
      ['GET', `${DMACC}/1/`],
      ['GET', `${DMACC}/1/AppAuth/s`],
      ['GET', `${DMACC}//AppAuth/*/AAuthName`],
    ];
    for (const [at, command] of commands.entries()) {
      const { statuses, ...outcome } = play(habit, [command]);
      expect(statuses).toEqual(['200']);
      const data = dataOf({ statuses, ...outcome }) as readonly { readonly MOData: unknown }[];
      const expected = [[{ 1: SHOWN }], [{ s: SHOWN.AppAuth.s }], [{ AAuthName: 'srv' }, { AAuthName: 'cli' }]][at];
      expect(data.map(({ MOData }) => MOData)).toEqual(expected);
    }
  });

  test('are left out of HPUT and HPOST', () => {
    for (const command of ['HPUT', 'HPOST']) {
      const { statuses, sent } = play(habit, [[command, `${DATA}/account`, `${DMACC}/1/`]]);
      expect(statuses).toEqual(['200']);
      expect(JSON.parse(sent[0] ?? '')).toMatchObject([{ MOData: { 1: SHOWN } }]);
      expect(sent.join()).not.toMatch(/AAuthSecret|AAuthData/u);
    }
  });

  test('are 403 when they are addressed, before and after the whole account was read', () => {
    const secret = ['GET', `${DMACC}/1/AppAuth/s/AAuthSecret`];
    expect(play(habit, [secret]).statuses).toEqual(['403']);
    expect(play(habit, [['GET', `${DMACC}/1/`], secret]).statuses).toEqual(['200', '403']);
    expect(play(habit, [['HPUT', `${DATA}/x`, `${DMACC}/1/AppAuth/s/AAuthData`]]).statuses).toEqual(['403']);
  });
});

describe('a refusal that the mapping does not explain', () => {
  test.each(['none', 'Struct'] as const)('is 403 for the whole read by %s', (list) => {
    const habit: Habit = { list, secret: 425, others: { [`${ROOT}/AppAuth/s/AAuthName`]: 425 } };
    expect(play(habit, [['GET', `${DMACC}/1/`]]).statuses).toEqual(['403']);
  });

  test('of the account itself is 403, whatever is in it', () => {
    for (const list of ['none', 'StructData', 'TNDS'] as const) {
      const habit: Habit = { list, secret: 425, listing: 425, others: { [ROOT]: 425 } };
      expect(play(habit, [['GET', `${DMACC}/1/`]]).statuses).toEqual(['403']);
    }
  });

  test('of a failing secret is a failure', () => {
    expect(play({ list: 'none', secret: 500 }, [['GET', `${DMACC}/1/`]]).statuses).toEqual(['500']);
  });
});

function loginIn({ tree: top }: ModelDevice): DeviceNode['children'] {
  return nodeAt(top, `${ROOT}/AppAuth/s`)?.children;
}

describe('a secret', () => {
  const whole = (AAuthSecret: string) => {
    const MOData = { s: { ...SHOWN.AppAuth.s, AAuthSecret } };
    return document(JSON.stringify([{ ClientURI: `${DMACC}/1/AppAuth/s`, MOData }]));
  };

  test.each(named)('is written with the node around it: %s', (_, habit) => {
    const used = device(habit);
    const { statuses } = play(habit, [['HGET', `${DATA}/login`]], { used, stored: whole('new') });
    expect(statuses).toEqual([`200 ${DMACC}/1/AppAuth/s`]);
    const written = loginIn(used);
    expect(written?.AAuthSecret?.value).toBe('new');
    expect(written).toHaveProperty('AAuthData');
  });

  test('that was written before another write failed is not emptied by the undo, and the log names it', () => {
    const refuse = {
      ...Object.fromEntries(SECRETS.map((at) => [at, { Get: 425 }])),
      [`${ROOT}/AppAuth/s/AAuthName`]: { Replace: 500 },
    };
    const model = modelDevice(tree(), { lists: [], refuse, atomic: 'unknown' });
    const login = { AAuthSecret: 'new', ...SHOWN.AppAuth.s, AAuthName: 'other' };
    const stored = document(JSON.stringify([{ ClientURI: `${DMACC}/1/AppAuth/s`, MOData: { s: login } }]));
    const outcome = play({ list: 'none' }, [['HGET', `${DATA}/login`]], { used: model, stored });
    expect(outcome.statuses).toEqual(['500']);
    expect(loginIn(model)?.AAuthSecret?.value).toBe('new');
    expect(model.log.filter((line) => line.startsWith('Replace') && line.endsWith('AAuthSecret'))).toHaveLength(1);
    const left = outcome.effects.flatMap((effect) => (effect.type === 'log' ? [effect] : []));
    expect(left).toContainEqual(
      expect.objectContaining({ facts: expect.objectContaining({ left: [`${ROOT}/AppAuth/s/AAuthSecret`] }) }),
    );
  });

  test.each(named)('is written alone, from MO data and from a value: %s', (_, habit) => {
    const uri = `${DMACC}/1/AppAuth/s/AAuthSecret`;
    const member = JSON.stringify([{ ClientURI: uri, MOData: { AAuthSecret: 'new' } }]);
    for (const stored of [document(member), document('new', 'text/plain')]) {
      const used = device(habit);
      expect(play(habit, [['HGET', `${DATA}/secret`, uri]], { used, stored }).statuses).toEqual(['200']);
      expect(loginIn(used)?.AAuthSecret?.value).toBe('new');
    }
  });

  test.each(named)('that a document does not name stays, as no backend sees it: %s', (_, habit) => {
    const used = device(habit);
    const stored = document(JSON.stringify([{ ClientURI: `${DMACC}/1/`, MOData: { 1: { ...SHOWN, AppID: 'w8' } } }]));
    const { statuses } = play(habit, [['HGET', `${DATA}/account`]], { used, stored });
    expect(statuses).toEqual([`200 ${DMACC}/1/`]);
    expect(Object.keys(loginIn(used) ?? {})).toEqual(expect.arrayContaining(['AAuthSecret', 'AAuthData']));
    expect(used.log.filter((line) => !line.startsWith('Get'))).toEqual([`Replace ${ROOT}/AppID`]);
  });

  test.each([
    ['open', '200'],
    ['', '403'],
  ])('that the device tells when it is asked is told, but not with other nodes: "%s"', (value, status) => {
    const model = modelDevice(tree(), { lists: ['StructData'] });
    const secret = loginIn(model)?.AAuthSecret;
    if (secret !== undefined) secret.value = value;
    const uri = `${DMACC}/1/AppAuth/s/AAuthSecret`;
    expect(play({ list: 'StructData' }, [['GET', uri]], { used: model }).statuses).toEqual([status]);
    const whole = play({ list: 'StructData' }, [['GET', `${DMACC}/1/`]], { used: model });
    expect(dataOf(whole)).toMatchObject([{ MOData: { 1: { AppAuth: { s: SHOWN.AppAuth.s } } } }]);
    expect(JSON.stringify(dataOf(whole))).not.toContain('AAuthSecret');
    const byWildcard = play({ list: 'StructData' }, [['GET', `${DMACC}/1/AppAuth/*/AAuthSecret`]], { used: model });
    expect(byWildcard.statuses).toEqual(['403']);
  });
});

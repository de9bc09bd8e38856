/** A DM 2.0 client session from Package#1 to its end (DM-2.0 §5.2, §5.3.8, §5.3.9, §5.6). */
import { describe, expect, test } from 'vitest';
import type { OutboxItem } from '../../src/device/outbox-item.ts';
import { formatClientUri } from '../../src/dm2/client-uri.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { Mutable } from '../../src/mutable.ts';
import type { NorthState } from '../../src/north/north-state.ts';
import { isAwaitingReply } from '../../src/north/pending-requests.ts';
import { openNorthSession, stepNorth } from '../../src/north/step.ts';
import { modelDevice } from './model/device.ts';
import { context, DATA, document, knowledgeOf, play, type Scene, SRV_URI } from './model/play.ts';
import { DCMO, FUMO, KNOWN, onPhone, phoneTree } from './model/simulated-device.ts';

const CLIENT_INITIATED = { AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' };
const END = { commands: [['END']] };
const GONE = { type: 'deviceGone' } as const;

function alertItem(seq: number, source: string, correlator?: string): OutboxItem {
  const item = { source, meta: { type: 'x.y', format: 'chr' }, data: String(seq) };
  const alert: Mutable<OutboxItem> = { seq, receivedAt: 0, code: 1226, item };
  if (correlator !== undefined) alert.correlator = correlator;
  return alert;
}

function session(scene: Partial<Scene>, answers: Parameters<typeof play>[1]) {
  const device = modelDevice(phoneTree());
  const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
  return { ...play({ device, knowledge, ...scene }, answers), device };
}

const reply = (status: number, text = ''): RepositoryReply => ({ status, headers: {}, body: { text } });

describe('Package#1', () => {
  test('Package#1 goes to the SrvURI with the headers of the specification, and needs nothing of the device', () => {
    const played = session({}, []);
    const [first] = played.effects;
    expect(first).toMatchObject({
      type: 'request',
      purpose: 'package',
      request: {
        method: 'POST',
        url: SRV_URI,
        headers: {
          'content-type': 'application/vnd.oma.dm.initiation+json',
          accept: 'application/vnd.oma.dm.request+json',
          'omadm-devid': 'IMEI:1',
        },
      },
    });
    expect(played.packages[0]?.json).toEqual({ Alert: [CLIENT_INITIATED] });
    expect(played.trips).toEqual([]);
  });

  test('Package#1 has the alerts after the session alert, oldest first', () => {
    const outbox = [alertItem(1, './DCMO/usb'), alertItem(2, './FUMO/Update')];
    const played = session({ outbox }, [END]);
    expect(played.packages[0]?.json.Alert).toEqual([
      CLIENT_INITIATED,
      { AlertType: 'x.y', SourceURI: `${DCMO}/usb/`, DataType: 'text/plain', Data: { DM1x: '1' } },
      { AlertType: 'x.y', SourceURI: `${FUMO}/FUMO/Update`, DataType: 'text/plain', Data: { DM1x: '2' } },
    ]);
    expect(played.effects).toContainEqual({ type: 'delivered', seqs: [1, 2] });
  });

  test('an alert from an unknown place makes the bridge search the device first, once', () => {
    const outbox = [alertItem(1, './DCMO/usb'), alertItem(2, './FUMO'), alertItem(3, './Nowhere')];
    const played = session({ outbox, knowledge: knowledgeOf() }, [{ commands: [['GET', `${DCMO}/*/Property`]] }]);
    expect(played.packages[0]?.json.Alert).toMatchObject([
      CLIENT_INITIATED,
      { SourceURI: `${DCMO}/usb/` },
      { SourceURI: `${FUMO}/FUMO/` },
      { Data: { DM1xSource: './Nowhere' } },
    ]);
    expect(played.device.log.filter((line) => line.includes('Get .?'))).toEqual(['Get .?list=Struct']);
  });

  test('the report of an EXEC needs no search', () => {
    const clientUri = formatClientUri({ moid: parseMoid(FUMO), miid: parseMiid('FUMO'), path: ['Update'] });
    const pending = { correlator: 'c1', clientUri, locUri: parseLocUri('./FUMO/Update') };
    const pendingExecs = [{ ...pending, account: 'main', expiresAt: 9e9 }];
    const played = session({ outbox: [alertItem(1, './Else', 'c1')], knowledge: knowledgeOf({ pendingExecs }) }, [END]);
    expect(played.trips).toEqual([]);
  });

  test('an alert that the backend has taken is not sent again', () => {
    const outbox = [alertItem(1, './DCMO/usb')];
    const played = session({ outbox }, [{ commands: [] }, END]);
    expect(played.packages.map(({ json }) => json)).toEqual([
      { Alert: [CLIENT_INITIATED, expect.anything()] },
      { Status: [] },
    ]);
  });

  test('a session for a report carries the report only, and has no device', () => {
    const report = { AlertType: 'urn:x', SourceURI: `${FUMO}/FUMO/Update`, DataType: 'int', Data: { DM1x: 200 } };
    const played = session({ report, outbox: [alertItem(1, './DCMO/usb')] }, [
      { commands: [['GET', `${DCMO}/usb/`], ['END']] },
    ]);
    expect(played.packages.map(({ json }) => json)).toEqual([{ Alert: [CLIENT_INITIATED, report] }]);
    expect(played.effects).toContainEqual({ type: 'reportDelivered' });
    expect(played.effects.some(({ type }) => type === 'delivered')).toBe(false);
  });

  test('commands in a session for a report that need the device get 503', () => {
    const report = { AlertType: 'urn:x' };
    const played = session({ report }, [
      {
        commands: [
          ['GET', `${DCMO}/usb/`],
          ['GET', 'bad'],
        ],
      },
      END,
    ]);
    expect(played.packages[1]?.json).toEqual({ Status: [{ sc: 503 }, { sc: 400 }] });
  });
});

describe('Package#2', () => {
  test.each<[string, RepositoryReply]>([
    ['no JSON', reply(200, 'no')],
    ['no CMD', reply(200, '{}')],
    ['a command that is no list', reply(200, '{"CMD":["END"]}')],
    ['a parameter that is no text', reply(200, '{"CMD":[["GET",1]]}')],
    ['no body', reply(204)],
    ['the status 401', reply(401, '{"CMD":[]}')],
    ['the status 404', reply(404)],
    ['the status 500', reply(500)],
    ['a time-out in its place', { failure: 'timeout', reason: 'slow' }],
  ])('Package#2 with %s ends the session: nothing is executed, nothing is sent', (_, answer) => {
    const played = session({}, [answer]);
    expect(played.packages).toHaveLength(1);
    expect(played.trips).toEqual([]);
    expect(played.state.north).toMatchObject({ phase: 'ended', endReason: expect.any(String) });
  });

  test.each<[RepositoryReply, boolean]>([
    [reply(200, 'no'), true],
    [reply(204), true],
    [reply(404), false],
    [reply(503), false],
    [{ failure: 'unreachable', reason: '' }, false],
  ])('after the reply %j the alerts count as taken: %s', (answer, taken) => {
    const played = session({ outbox: [alertItem(7, './DCMO/usb')] }, [answer]);
    expect(played.effects.filter(({ type }) => type === 'delivered')).toEqual(
      taken ? [{ type: 'delivered', seqs: [7] }] : [],
    );
  });

  test('two empty lists get Package#3, the third in a row ends the session', () => {
    const played = session({}, [{ commands: [] }, { commands: [] }, { commands: [] }, END]);
    expect(played.packages.map(({ json }) => json)).toEqual([
      { Alert: [CLIENT_INITIATED] },
      { Status: [] },
      { Status: [] },
    ]);
    expect(played.state.north).toMatchObject({ endReason: expect.stringContaining('empty') });
  });

  test('a list with commands resets the count of empty lists', () => {
    const some = { commands: [['GET', 'bad']] };
    const empty = { commands: [] };
    const played = session({}, [empty, empty, some, empty, empty, END]);
    expect(played.packages).toHaveLength(6);
    expect(played.state.north).toMatchObject({ endReason: 'END' });
  });

  test.each([
    [['NONSENSE'], '501'],
    [['get', `${DCMO}/usb/`], '501'],
    [['END', 'now'], '400'],
    [['CONT'], '400'],
    [['\u0000start'], '501'],
    [['MOS'], '501'],
  ])('the command %j gets %s, and the next one is executed', (command, status) => {
    expect(onPhone([command, ['GET', `${DCMO}/usb/Property`]]).statuses).toEqual([status, '200']);
  });

  test('an empty command gets 400 and does not end the session', () => {
    const answer = reply(200, JSON.stringify({ CMD: [[], ['GET', `${DCMO}/usb/Property`]] }));
    const played = session({}, [answer, END]);
    expect(played.packages[1]?.json).toEqual({ Status: [{ sc: 400 }, { sc: 200 }] });
  });
});

describe('Package#3', () => {
  const commands = [
    ['HGET', `${DATA}/doc`],
    ['GET', `${DCMO}/usb/Property`],
    ['GET', `${DCMO}/usb/None`],
  ];
  const repository = () => document(JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { n: { Property: 'p' } } }]));

  test('Package#3 has the statuses in order, in the form of the schema', () => {
    const played = session({ repository }, [{ commands }, END]);
    expect(played.packages[1]).toMatchObject({
      url: SRV_URI,
      contentType: expect.stringMatching(/^multipart\/form-data; *boundary=/u),
      json: { Status: [{ sc: 200, URI: [`${DCMO}/n/`] }, { sc: 200 }, { sc: 404 }] },
      data: { '1': { type: 'text/plain', content: { text: 'USB' } } },
    });
  });

  test('Package#3 has the statuses as numbers, each with its URIs after it, where the account wants it', () => {
    const account = { ...context.account, statusForm: 'number' as const };
    const played = session({ repository, context: { ...context, account } }, [{ commands }, END]);
    expect(played.packages[1]?.json).toEqual({ Status: [200, `${DCMO}/n/`, 200, 404] });
  });

  test('Package#3 without data is no multipart message', () => {
    const played = session({}, [{ commands: [['GET', `${DCMO}/usb/None`]] }, END]);
    expect(played.packages[1]?.contentType).toBe('application/vnd.oma.dm.response+json');
  });

  test('values are read again for every package', () => {
    const get = { commands: [['GET', `${DCMO}/usb/Property`]] };
    const played = session({}, [get, get]);
    expect(played.device.log).toEqual(['Get ./DCMO/usb/Property', 'Get ./DCMO/usb/Property']);
  });
});

describe('END and CONT', () => {
  test('END lets all commands be executed, also later ones, and no Package#3 is sent', () => {
    const played = session({}, [
      { commands: [['DELETE', `${DCMO}/usb/Ext`], ['END'], ['DELETE', `${DCMO}/camera/Ext`]] },
    ]);
    expect(played.device.log).toEqual(['Delete ./DCMO/usb/Ext', 'Delete ./DCMO/camera/Ext']);
    expect(played.packages).toHaveLength(1);
    expect(played.state.north).toMatchObject({ phase: 'ended', endReason: 'END' });
  });

  test('CONT redirects this Package#3 and all later packages; the last CONT counts', () => {
    const played = session({}, [
      {
        commands: [
          ['CONT', 'https://backend.example/a'],
          ['CONT', 'https://backend.example/b'],
          ['GET', 'bad'],
        ],
      },
      { commands: [] },
      END,
    ]);
    expect(played.packages.map(({ url }) => url)).toEqual([
      SRV_URI,
      'https://backend.example/b',
      'https://backend.example/b',
    ]);
    expect(played.packages[1]?.json).toEqual({ Status: [{ sc: 200 }, { sc: 200 }, { sc: 400 }] });
  });

  test.each([
    ['https://elsewhere.example/', 500],
    ['not a uri', 400],
  ])('CONT to %s gets %i, and the packages go to the same URL as before', (url, sc) => {
    const played = session({}, [{ commands: [['CONT', url]] }, END]);
    expect(played.packages[1]).toMatchObject({ url: SRV_URI, json: { Status: [{ sc }] } });
  });
});

describe('a device that has left', () => {
  test('outstanding and later commands get 503; commands that need no device are executed', () => {
    const commands = [
      ['DELETE', `${DCMO}/usb/Ext`],
      ['GET', `${DCMO}/usb/`],
      ['HPUT', DATA, `${DCMO}/usb/`],
      ['HGET', DATA, `${DCMO}/usb/Property`],
      ['EXEC', `${FUMO}/FUMO/Update`],
      ['GET', 'bad'],
      ['CONT', 'https://backend.example/b'],
    ];
    const played = session({ goneAfter: 0, repository: () => document('x', 'text/plain') }, [{ commands }, END]);
    expect(played.packages[1]).toMatchObject({
      url: 'https://backend.example/b',
      json: { Status: [503, 503, 503, 503, 503, 400, 200].map((sc) => ({ sc })) },
    });
  });

  test('the commands that answer our 503 are not executed but get 503, and the answer to that is not read', () => {
    const get = { commands: [['GET', `${DCMO}/usb/`]] };
    const two = { commands: [['HGET', `${SRV_URI}/x`, `${DCMO}/usb/Enabled`], ['NONSENSE']] };
    const played = session({ goneAfter: 0 }, [get, two, get]);
    expect(played.packages.slice(1).map(({ json }) => json.Status)).toEqual([
      [{ sc: 503 }],
      [{ sc: 503 }, { sc: 503 }],
    ]);
    expect(played.exchanges).toEqual([]);
  });

  test.each([
    ['END', [['GET', `${DCMO}/usb/`], ['END']], 2],
    ['an empty list', [], 3],
  ])('%s that answers our 503 gets as many packages as it needs', (_, commands, count) => {
    const get = { commands: [['GET', `${DCMO}/usb/`]] };
    const played = session({ goneAfter: 0 }, [get, { commands }]);
    expect(played.packages).toHaveLength(count);
  });

  test('a device that leaves before its Package#1 is complete sends nothing to the backend', () => {
    const state: NorthState = { north: openNorthSession('n', SRV_URI), device: knowledgeOf() };
    const step = stepNorth({ context, version: '1.2', at: 0, maxCommands: 5_000, outbox: [] }, state, {
      type: 'deviceGone',
    });
    expect(step.state.north.phase).toBe('ended');
    expect(step.effects.map(({ type }) => type)).toEqual(['log']);
  });
});

test('a session that has ended keeps what its profile says of the device', () => {
  const north = { ...openNorthSession('n', SRV_URI), assumed: { nonceAsText: true } };
  const step = stepNorth(
    { context, version: '1.2', at: 0, maxCommands: 9, outbox: [] },
    { north, device: knowledgeOf() },
    GONE,
  );
  expect(step.state.north).toEqual({
    id: 'n',
    phase: 'ended',
    deviceGone: false,
    assumed: { nonceAsText: true },
    endReason: expect.any(String),
  });
});

describe('a session that another process finds with a request on its way', () => {
  const environment = { context, version: '1.2', at: 0, maxCommands: 5_000, outbox: [] } as const;
  const opened = (): NorthState => ({
    north: openNorthSession('n', SRV_URI),
    device: knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } }),
  });
  const executing = (commands: readonly (readonly string[])[]) => {
    const first = stepNorth(environment, opened(), { type: 'opened' });
    const id = first.state.north.phase === 'posting' ? first.state.north.post.id : '';
    const body = { text: JSON.stringify({ CMD: commands }) };
    return stepNorth(environment, first.state, {
      type: 'replied',
      id,
      reply: { status: 200, headers: {}, body },
    });
  };

  test('a package on its way is not sent again', () => {
    const first = stepNorth(environment, opened(), { type: 'opened' });
    expect(isAwaitingReply(first.state.north)).toBe(true);
    const step = stepNorth(environment, first.state, { type: 'interrupted' });
    expect(step.state.north).toMatchObject({ phase: 'ended', endReason: expect.stringContaining('POST') });
    expect(step.effects.filter(({ type }) => type === 'request')).toEqual([]);
  });

  test('a GET on its way is made again, and its first reply is ignored', () => {
    const first = executing([['HGET', `${DATA}/doc`, `${DCMO}/usb/Property`]]);
    expect(isAwaitingReply(first.state.north)).toBe(true);
    const step = stepNorth(environment, first.state, { type: 'interrupted' });
    const [before] = first.effects.filter(({ type }) => type === 'request');
    const [after] = step.effects.filter(({ type }) => type === 'request');
    expect(after).toMatchObject({ purpose: 'repository', request: { method: 'GET', url: `${DATA}/doc` } });
    const late = stepNorth(environment, step.state, {
      type: 'replied',
      id: before !== undefined && 'id' in before ? before.id : '',
      reply: document('old', 'text/plain'),
    });
    expect(late.effects).toEqual([]);
  });

  test('a POST to the repository is not made again, and the session ends', () => {
    const first = executing([['HPOST', `${DATA}/doc`, 'urn:oma:mo:oma-sessioninfomo:1.0//']]);
    expect(isAwaitingReply(first.state.north)).toBe(true);
    const step = stepNorth(environment, first.state, { type: 'interrupted' });
    expect(step.state.north.phase).toBe('ended');
  });

  test('a session that waits for the device only, and one that has ended, need nothing', () => {
    const first = executing([['DELETE', `${DCMO}/usb/Ext`]]);
    expect(isAwaitingReply(first.state.north)).toBe(false);
    const step = stepNorth(environment, first.state, { type: 'interrupted' });
    expect(step.effects).toEqual([]);
    const ended = session({}, [END]).state;
    for (const type of ['opened', 'deviceGone', 'interrupted'] as const) {
      expect(stepNorth(environment, ended, { type })).toEqual({ state: ended, effects: [] });
    }
  });
});

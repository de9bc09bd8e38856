/** DEFAULT through the whole bridge: a resource is fetched for an MO that the device is proven not to have (DM-2.0 §5.3.10). */
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  LEAVES,
  noCommands,
  replied,
  statusesIn,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const URI = 'http://backend.example.com/default/[DevID]';
const FETCHED = 'http://backend.example.com/default/IMEI%3A1';
const DEFAULT = ['DEFAULT', URI, DCMO];
const CAMERA = replied(JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { Camera: { Property: 'Camera' } } }]), 200, {
  'content-type': 'application/dmmo+json',
});

/** Answers the packages of each session with the next list, and the resource with these replies in turn, the last for ever. */
function scriptOf(
  lists: readonly (readonly (readonly string[])[])[],
  resource: readonly IncomingReply[],
): BackendScript {
  let [list, reply] = [0, 0];
  return ({ purpose }) => {
    if (purpose === 'package') {
      const next = lists[list];
      list += 1;
      return next === undefined ? noCommands() : commands(...next);
    }
    const answer = resource[Math.min(reply, resource.length - 1)] ?? replied('', 404);
    reply += 1;
    return answer;
  };
}

async function open(lists: Parameters<typeof scriptOf>[0], ...resource: readonly IncomingReply[]) {
  return await BridgeUnderTest.open({ script: scriptOf(lists, resource), reasons: true });
}

function device(quirks: Quirks = {}): QuirkyDevice {
  return new QuirkyDevice(BRUCE, { leaves: LEAVES, ...quirks });
}

function fetches({ requests }: BridgeUnderTest): readonly string[] {
  return requests.filter(({ purpose }) => purpose === 'repository').map(({ url }) => url);
}

function outcomes({ logs }: BridgeUnderTest): readonly string[] {
  return logs.filter((line) => line.includes('default.fetched'));
}

const missing = () => device();

describe('the status of DEFAULT', () => {
  test.each<[string, readonly string[], number]>([
    ['stored', DEFAULT, 200],
    ['of an alias of the MO', ['DEFAULT', URI, 'oma:mo:oma-dcmo:1.0'], 200],
    ['of an MO without mapping', ['DEFAULT', URI, 'urn:x:mo:none:1.0'], 404],
    ['outside of the allow-list', ['DEFAULT', 'http://evil.example/', DCMO], 403],
    ['with the MOID first', ['DEFAULT', DCMO, URI], 400],
    ['without MOID', ['DEFAULT', URI], 400],
  ])('a DEFAULT %s', async (_, command, status) => {
    const bridge = await open([[command]], replied('', 404));
    await missing().session(bridge);
    expect(statusesIn(bridge.packages()[1])).toEqual([status]);
  });
});

describe('the resource of a DEFAULT', () => {
  test('is fetched in the session that brought it, because the device does not have the MO (DM-PACK-023-C-O)', async () => {
    const bridge = await open([[DEFAULT]], CAMERA);
    const phone = missing();
    await phone.session(bridge);
    expect(fetches(bridge)).toEqual([FETCHED]);

    expect(bridge.packages().flatMap((sent) => statusesIn(sent) ?? [])).toEqual([200]);
    expect(phone.tree.get('./DCMO/Camera/Property')).toBe('Camera');
    expect(outcomes(bridge)).toHaveLength(1);
  });

  test('is fetched once, whatever the repository has answered', async () => {
    const bridge = await open([[DEFAULT]], replied('', 404));
    for (const session of ['1', '2', '3']) await missing().session(bridge, session);
    expect(fetches(bridge)).toEqual([FETCHED]);
  });

  test.each<[string, IncomingReply]>([
    ['is unreachable', { failure: 'unreachable', reason: 'x' }],
    ['fails', replied('', 503)],
  ])('is tried once in each session, five times in all, when the repository %s', async (_, reply) => {
    const bridge = await open([[DEFAULT]], reply);
    for (const session of ['1', '2', '3', '4', '5', '6', '7']) {
      bridge.kill();
      await missing().session(bridge, session);
    }
    expect(fetches(bridge)).toHaveLength(5);
  });

  test('is not fetched while the device has the MO', async () => {
    const bridge = await open([[DEFAULT]], CAMERA);
    await device({ leaves: { ...LEAVES, './DCMO/Camera/Property': 'Camera' } }).session(bridge);
    expect(fetches(bridge)).toEqual([]);
  });

  test('is not fetched when the device refuses the place of the MO', async () => {
    const bridge = await open([[DEFAULT]], CAMERA);
    await device({ leaves: LEAVES, codes: { 'Get ./DCMO': 425 } }).session(bridge);
    expect(fetches(bridge)).toEqual([]);
  });

  test('has no status, and END after it ends the session', async () => {
    const bridge = await open([[DEFAULT, ['END']]], CAMERA);
    await missing().session(bridge);
    expect(fetches(bridge)).toEqual([FETCHED]);
    expect(bridge.packages()).toHaveLength(1);
  });

  test('survives a kill before each message', async () => {
    const bridge = await open([[DEFAULT]], CAMERA);
    const phone = missing();
    const post: BridgeUnderTest['post'] = async (...message) => {
      bridge.kill();
      return await bridge.post(...message);
    };
    await phone.session({ post });
    expect(fetches(bridge)).toEqual([FETCHED]);
    expect(phone.tree.get('./DCMO/Camera/Property')).toBe('Camera');
  });
});

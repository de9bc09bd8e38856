/** The door of a message: five rules in their order, so that a session never changes its door. */
import { expect, test } from 'vitest';
import { type Door, type DoorState, doorOf } from '../../src/routing/door.ts';
import type { Passthrough, Route } from '../../src/routing/route.ts';

const SERVER: Passthrough = {
  url: 'http://legacy.example/dm',
  timeout: 60_000,
  host: undefined,
  forwarded: false,
  clientCertHeader: undefined,
  tls: undefined,
};
const BRIDGE: Route = { name: 'bridge', match: {}, bridge: 'main' };
const LEGACY: Route = { name: 'legacy', match: {}, passthrough: SERVER };
const REFUSE: Route = { name: 'refuse', match: {}, refuse: { status: undefined } };

/** A message in the middle of a session of which nothing is known, while all devices are passed through. */
const STATE: DoorState = {
  facts: { protocol: 'dm1', devId: 'a' },
  beginsSession: false,
  msgId: 2,
  bridge: { place: undefined, isRight: false },
  sameBytes: undefined,
  isChallenged: false,
  remembered: undefined,
  current: [LEGACY],
  kept: [],
};
const BRIDGED = { current: [BRIDGE] };

test.each<[string, Partial<DoorState>, Door]>([
  ['that has its answer', { bridge: { place: 'answered', isRight: false } }, { by: 'session', route: 'bridge' }],
  ['whose bytes came before', { sameBytes: BRIDGE, beginsSession: true, msgId: 1 }, { by: 'bytes', route: BRIDGE }],
  ['of an open session', { bridge: { place: 'session', isRight: false } }, { by: 'session', route: 'bridge' }],
  [
    'of an open session that begins anew',
    { bridge: { place: 'session', isRight: false }, msgId: 1, beginsSession: true },
    { by: 'table', route: LEGACY },
  ],
  ['after a session', { bridge: { place: 'afterlife', isRight: true } }, { by: 'session', route: 'bridge' }],
  [
    'after a session, of one that began at the legacy server since',
    { bridge: { place: 'afterlife', isRight: true }, remembered: LEGACY },
    { by: 'memory', route: LEGACY },
  ],
  ['that begins a session', { ...BRIDGED, beginsSession: true, remembered: LEGACY }, { by: 'table', route: BRIDGE }],
  ['that no rule takes', { current: [], beginsSession: true }, { by: 'table', route: undefined }],
  ['after a challenge', { ...BRIDGED, isChallenged: true, remembered: LEGACY }, { by: 'challenge', route: BRIDGE }],
  [
    'with right credentials',
    { ...BRIDGED, bridge: { place: undefined, isRight: true } },
    { by: 'challenge', route: BRIDGE },
  ],
  ['after a challenge, of a device that was moved', { isChallenged: true }, { by: 'memory', route: LEGACY }],
  ['of a known session', { ...BRIDGED, remembered: LEGACY }, { by: 'memory', route: LEGACY }],
  ['of an unknown session', {}, { by: 'memory', route: LEGACY }],
  [
    'of an unknown session after a change',
    { ...BRIDGED, kept: [[REFUSE], [LEGACY]] },
    { by: 'guessed', route: LEGACY },
  ],
  ['of an unknown session that no table passes', { ...BRIDGED, kept: [[REFUSE]] }, { by: 'session', route: 'bridge' }],
  ['of an unknown session of a refused device', { current: [REFUSE] }, { by: 'session', route: 'bridge' }],
])('a message %s goes by the rule for it', (_, state, expected) => {
  expect(doorOf({ ...STATE, ...state })).toEqual(expected);
});

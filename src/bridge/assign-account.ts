/** Gives a session its account and its device's profile, both of which need DevInfo. */
import { step } from '../dm1/session.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { DeviceProfile } from '../mapping/device-profile.ts';
import { hasSuspects } from '../north/interruption.ts';
import { endUnrouted } from '../north/step.ts';
import type { DeviceCell } from './device-cell.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { BridgeOptions } from './options.ts';
import { withPackageOne } from './reported-dev-info.ts';
import { accountOf, type RequestFacts } from './route-of.ts';
import { profileFor } from './session-binding.ts';

/** Does nothing while Package#1 runs, and after the first time: a session never changes its account. */
export function assignAccount(options: BridgeOptions, cell: DeviceCell, incoming: IncomingMessage): void {
  const { session, record } = cell;
  if (session === undefined || session.south.phase === 'initializing') return;
  const { north } = session;
  if (north.phase !== 'waiting') return;
  const request = requestFacts(incoming);
  const { account: id, isLate } = accountOf(options.routes, record, request);
  if (isLate) options.journal.log('route.late', { device: record.devId, session: session.id });
  const account = id === undefined ? undefined : options.accounts[id];
  if (id === undefined || account === undefined) {
    options.journal.log('session.without_route', { device: record.devId, session: session.id });
    cell.session = { ...session, north: endUnrouted(north) };
    return;
  }
  const knowledge = withPackageOne(north.knowledge, cell, options.index);
  const assumed = profileFor(options, record, request.userAgent);
  const { devInfo: _, ...complete } = session;
  cell.session = {
    ...complete,
    account: id,
    south: withProfile(session.south, cell, assumed, options.clock.now()),
    north: { ...north, url: account.url, knowledge, assumed },
  };
}

function requestFacts({ message, request }: IncomingMessage): RequestFacts {
  const { remoteAddress, headers, target } = request;
  return {
    version: message.header.verProto.replace('DM/', ''),
    userAgent: headers['user-agent'],
    path: target?.split('?')[0],
    address: remoteAddress,
  };
}

/** Learnt facts override the profile; the profile's sizes hold whatever the device says. */
function withProfile(south: Dm1Session, { record }: DeviceCell, profile: DeviceProfile, at: number): Dm1Session {
  const { facts } = record;
  const known = facts.ordering ?? profile.ordering ?? 'sequence';
  const ordering = hasSuspects(facts, at) ? 'one-per-message' : known;
  const structAlone = facts.structAlone ?? profile.structAlone ?? false;
  const { maxMsgSize, maxObjSize } = profile;
  return step(south, { type: 'profileApplied', ordering, structAlone, caps: { maxMsgSize, maxObjSize } }).session;
}

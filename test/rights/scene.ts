/** Plays commands for access rights against the phone of the other tests, with ACLs on its nodes. */

import type { ManagedDevice } from '../../src/device/managed-device.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { BackendAccount, TranslationContext } from '../../src/translate/context.ts';
import type { DeviceNode } from '../north/model/device.ts';
import { context, DATA, document, knowledgeOf, type Outcome, playOne, type Scene } from '../north/model/play.ts';
import { KNOWN, phoneTree } from '../north/model/simulated-device.ts';
import { type AclDevice, type AclDeviceOptions, aclDevice } from './acl-device.ts';

export const DAC = 'urn:oma:mo:oma-dm-dacmo:1.0';

export interface RightsScene extends Partial<Omit<Scene, 'device' | 'knowledge'>> {
  readonly acls?: Readonly<Record<string, string>>;
  readonly options?: AclDeviceOptions;
  readonly tree?: DeviceNode;
  readonly knowledge?: Partial<ManagedDevice>;
  /** Perm of the account. */
  readonly moids?: readonly string[];
  /** Further accounts: SrvID and Perm. */
  readonly others?: Readonly<Record<string, readonly string[]>>;
  /** The name of the bridge on devices. */
  readonly dm1ServerId?: string;
  /** The device of an earlier play. */
  readonly device?: AclDevice;
}

export type Played = Outcome & { readonly device: AclDevice };

/** Plays one package. It is known that the device supports StructData, but not if it supports TNDS. */
export function play(commands: readonly (readonly string[])[], scene: RightsScene = {}): Played {
  const {
    acls = {},
    options,
    tree = phoneTree(),
    knowledge,
    moids = ['*'],
    others = {},
    device,
    dm1ServerId,
    ...more
  } = scene;
  const used = device ?? aclDevice(tree, acls, options);
  const known = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' }, ...knowledge });
  const accounts = contextWith(moids, others);
  const own = dm1ServerId === undefined ? accounts : { ...accounts, dm1ServerId };
  const played = playOne({ device: used, knowledge: known, context: own, ...more }, commands);
  return { ...played, device: used };
}

/** HGET of a document to a node of the DAC MO. */
export function store(clientUri: string, reply: RepositoryReply | string, scene: RightsScene = {}): Played {
  const answer = typeof reply === 'string' ? document(reply, 'text/plain') : reply;
  return play([['HGET', `${DATA}/rights`, clientUri]], { repository: () => answer, ...scene });
}

/** MO data with one member. */
export function moData(label: string, data: unknown, clientUri = `${DAC}//`): RepositoryReply {
  return document(JSON.stringify([{ ClientURI: clientUri, MOData: { [label]: data } }]));
}

/** The written ACLs: LocURI and value. */
export function written({ device }: Played): readonly string[] {
  return device.commands.flatMap(({ name, items: [item] }) =>
    name === 'Replace' ? [`${item?.target ?? ''} ${item?.data ?? ''}`] : [],
  );
}

function provides(moids: readonly string[]): BackendAccount['moids'] {
  return moids.map((moid) => (moid === '*' ? moid : parseMoid(moid)));
}

function contextWith(
  moids: readonly string[],
  others: Readonly<Record<string, readonly string[]>>,
): TranslationContext {
  const account: BackendAccount = { ...context.account, serverId: 'DMS1', moids: provides(moids) };
  const more = Object.entries(others).map(
    ([serverId, provided]): BackendAccount => ({ ...account, id: serverId, serverId, moids: provides(provided) }),
  );
  return { ...context, account, accounts: [account, ...more] };
}

/**
 * A fleet of simulated devices from a YAML file: models (profile, tree, what Exec does) and the devices of each.
 *
 * `{n}` in DevID, user and password counts the devices when more are wanted than the file names.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { compileSchema } from '../../json-schema.ts';
import { type DeviceSetup, SimulatedDevice } from './device.ts';
import type { ExecHandler, PendingAlert } from './exec.ts';
import { FLEET_SCHEMA } from './fleet-schema.ts';
import type { DeviceProfile } from './profile.ts';
import { buildTree, type NodeData } from './tree-data.ts';
import type { UserScript } from './user.ts';

interface ModelData {
  readonly profile?: Partial<DeviceProfile>;
  readonly tree: { readonly [key: string]: NodeData };
  /** By LocURI. */
  readonly exec?: Readonly<Record<string, ExecHandler>>;
  readonly user?: UserScript;
}

export interface DeviceData {
  readonly model: string;
  readonly devId: string;
  readonly user: string;
  readonly password: string;
  readonly serverUser?: string;
  readonly serverPassword?: string;
  /** Told in Package#1 of the first session. */
  readonly alerts?: readonly PendingAlert[];
}

export interface Fleet {
  /** ServerID in the devices' DM account. */
  readonly serverId: string;
  readonly models: Readonly<Record<string, ModelData>>;
  readonly devices: readonly DeviceData[];
}

/** The file cannot be used. */
export class FleetError extends Error {}

const validate = compileSchema<Fleet>(FLEET_SCHEMA);

/** Reads a fleet file. */
export function loadFleet(file: string): Fleet {
  let data: unknown;
  try {
    data = parse(readFileSync(file, 'utf8'), { merge: true });
  } catch (error) {
    throw new FleetError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = validate(data);
  if (!result.ok) {
    throw new FleetError(
      result.problems.map(({ pointer, message }) => `${file}: ${pointer || '/'} ${message}`).join('\n'),
    );
  }
  const stray = result.value.devices.find(({ model }) => result.value.models[model] === undefined);
  if (stray !== undefined)
    throw new FleetError(`${file}: device ${stray.devId} is of the unknown model ${stray.model}`);
  return result.value;
}

/** The first `count` devices of the file; going round when it names fewer. Absent: each once. */
export function expandFleet(fleet: Fleet, count = fleet.devices.length): readonly DeviceData[] {
  return Array.from({ length: count }, (_, index) => {
    const data = fleet.devices[index % fleet.devices.length];
    if (data === undefined) throw new FleetError('the fleet has no devices');
    const number = String(Math.floor(index / fleet.devices.length) + 1).padStart(6, '0');
    const numbered = (text: string): string => text.replaceAll('{n}', number);
    return {
      ...data,
      devId: numbered(data.devId),
      user: numbered(data.user),
      password: numbered(data.password),
    };
  });
}

/** Builds one device with a tree of its own. */
export function buildDevice(fleet: Fleet, data: DeviceData, serverUrl: string): SimulatedDevice {
  const model = fleet.models[data.model];
  if (model === undefined) throw new FleetError(`no model ${data.model}`);
  const tree = buildTree(model.tree);
  if (tree.value('./DevInfo/DevId') !== undefined) tree.setValue('./DevInfo/DevId', data.devId);
  const setup: DeviceSetup = {
    devId: data.devId,
    server: { url: serverUrl, id: fleet.serverId },
    account: { user: data.user, password: data.password },
    serverAccount:
      data.serverUser === undefined ? undefined : { user: data.serverUser, password: data.serverPassword ?? '' },
    tree,
    profile: model.profile,
    handlers: model.exec,
    user: model.user,
  };
  const device = new SimulatedDevice(setup);
  for (const alert of data.alerts ?? []) device.raise(alert);
  return device;
}

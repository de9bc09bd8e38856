/**
 * A fleet of simulated devices from a YAML file: the models (profile, tree, effects of Exec) and the devices of each.
 *
 * `{n}` in DevID, user and password becomes the number of the device, for fleets that are larger than the file.
 */
import { ConfigError } from '../../errors.ts';
import { compileSchema } from '../../json-schema.ts';
import { readYaml, requireValid } from '../yaml-file.ts';
import { SimulatedDevice } from './device.ts';
import type { ExecHandler, PendingAlert } from './exec-handler.ts';
import { FLEET_SCHEMA } from './fleet-schema.ts';
import type { DeviceProfile } from './profile.ts';
import { buildTree, type NodeData } from './tree-data.ts';
import type { UserScript } from './user.ts';

interface ModelData {
  readonly profile?: Partial<DeviceProfile>;
  readonly tree: { readonly [key: string]: NodeData };
  /** The effects of Exec, by LocURI. */
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
  /** Sent in Package#1 of the first session. */
  readonly alerts?: readonly PendingAlert[];
}

export interface Fleet {
  /** The ServerID in the devices' DM account. */
  readonly serverId: string;
  readonly models: Readonly<Record<string, ModelData>>;
  readonly devices: readonly DeviceData[];
}

const validate = compileSchema<Fleet>(FLEET_SCHEMA);

/**
 * Reads a fleet file.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem
 */
export function loadFleet(file: string): Fleet {
  const fleet = requireValid(validate(readYaml(file, { merge: true })), file);
  const unknown = fleet.devices.find(({ model }) => fleet.models[model] === undefined);
  if (unknown !== undefined) {
    throw invalid(`${file}: device ${unknown.devId} is of the unknown model ${unknown.model}`);
  }
  return fleet;
}

/** The first `count` devices; the file is used again from its start when it has fewer. Without a count: each once. */
export function expandFleet(fleet: Fleet, count = fleet.devices.length): readonly DeviceData[] {
  return Array.from({ length: count }, (_, index) => {
    const data = fleet.devices[index % fleet.devices.length];
    if (data === undefined) throw invalid('the fleet has no devices');
    const number = String(Math.floor(index / fleet.devices.length) + 1).padStart(6, '0');
    const withNumber = (text: string): string => text.replaceAll('{n}', number);
    return {
      ...data,
      devId: withNumber(data.devId),
      user: withNumber(data.user),
      password: withNumber(data.password),
    };
  });
}

function invalid(message: string): ConfigError {
  return new ConfigError('ERR_CONFIG_INVALID', message);
}

/** Builds one device with a tree of its own. */
export function buildDevice(fleet: Fleet, data: DeviceData, serverUrl: string): SimulatedDevice {
  const model = fleet.models[data.model];
  if (model === undefined) throw invalid(`the fleet has no model ${data.model}`);
  const tree = buildTree(model.tree);
  if (tree.value('./DevInfo/DevId') !== undefined) tree.setValue('./DevInfo/DevId', data.devId);
  const { serverUser, serverPassword = '' } = data;
  const device = new SimulatedDevice({
    devId: data.devId,
    server: { url: serverUrl, id: fleet.serverId },
    account: { user: data.user, password: data.password },
    serverAccount: serverUser === undefined ? undefined : { user: serverUser, password: serverPassword },
    tree,
    profile: model.profile,
    handlers: model.exec,
    user: model.user,
  });
  for (const alert of data.alerts ?? []) device.raise(alert);
  return device;
}

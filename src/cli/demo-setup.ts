/** Starts the reference backend and the bridge of the demonstration. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { createJournal } from '../log.ts';
import { type Campaign, loadCampaign } from '../testbed/backend/campaign.ts';
import { type RunningBackend, startBackend } from '../testbed/backend/server.ts';
import { backendLines, type Paint } from '../testbed/conversation.ts';
import { type DeviceData, expandFleet, type Fleet, loadFleet } from '../testbed/device/fleet.ts';
import { print } from './command-line.ts';
import { prepareBridge } from './server/prepare-bridge.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

export interface DemoSetup {
  readonly fleet: Fleet;
  readonly campaign: Campaign;
  readonly devices: readonly DeviceData[];
  /** The UDP port of each device that waits for notifications, by DevID. */
  readonly pushPorts: ReadonlyMap<string, number>;
  readonly backend: RunningBackend;
  readonly bridge: RunningServer;
  /** Stops the bridge, then the backend. */
  stop(): Promise<void>;
}

/** @param folder takes the configuration and the store of the bridge */
export async function startDemo(folder: string, paint: Paint): Promise<DemoSetup> {
  const fleet = loadFleet(exampleFile('fleet.yaml'));
  const campaign = loadCampaign(exampleFile('demo.yaml'));
  const devices = expandFleet(fleet);
  const modelOf = (devId: string) => devices.find((device) => device.devId === devId)?.model ?? devId;
  const backend = await startBackend({
    campaign,
    host: '127.0.0.1',
    port: 0,
    onEvent: (event) => backendLines(event, modelOf, paint).forEach(print),
  });
  try {
    const pushPorts = await freePushPorts(devices);
    await writeFile(join(folder, 'devices.csv'), toCsv(devices, pushPorts));
    const file = join(folder, 'dmbridge.yaml');
    await writeFile(file, stringify(configFor(campaign, fleet, backend)));
    const bridge = await startServer(loadConfig(file, {}), createJournal({ level: 'error' }), prepareBridge);
    backend.useClient(bridge.north);
    const stop = async () => {
      await bridge.stop();
      await backend.close();
    };
    return { fleet, campaign, devices, pushPorts, backend, bridge, stop };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function toCsv(devices: readonly DeviceData[], pushPorts: ReadonlyMap<string, number>): string {
  const columns = ['devId', 'user', 'password', 'serverUser', 'serverPassword'] as const;
  const rows = devices.map((device) => {
    const port = pushPorts.get(device.devId);
    const cells = columns.map((column) => device[column] ?? '');
    return [...cells, port === undefined ? '' : `127.0.0.1:${port}`].join(',');
  });
  return `${[...columns, 'pushHost'].join(',')}\n${rows.join('\n')}\n`;
}

/** A port for each device that knows its server: only such a device takes notifications. */
async function freePushPorts(devices: readonly DeviceData[]): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for (const { devId, serverUser } of devices) {
    if (serverUser === undefined) continue;
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ports.set(devId, socket.address().port);
    socket.close();
  }
  return ports;
}

/** The content of `dmbridge.yaml`. */
function configFor(campaign: Campaign, fleet: Fleet, backend: RunningBackend): object {
  const account = {
    url: `${backend.url}${campaign.paths[0] ?? ''}`,
    serverId: 'DMS1',
    auth: campaign.auth === undefined ? { type: 'none' } : { type: 'basic', ...campaign.auth },
    notificationSecret: campaign.notificationSecret,
  };
  return {
    south: { listen: '127.0.0.1:0', serverId: fleet.serverId },
    north: { listen: '127.0.0.1:0' },
    admin: { listen: '127.0.0.1:0' },
    accounts: { main: account },
    routes: [{ match: {}, bridge: 'main' }],
    devices: 'devices.csv',
    store: 'sqlite:demo.db',
  };
}

function exampleFile(name: string): string {
  return fileURLToPath(new URL(`../../examples/campaign/${name}`, import.meta.url));
}

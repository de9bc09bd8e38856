/** The representative session: inventory, search, write, delete, leaf read, empty end, in seven messages of the device. */
import type { Backend, Script, Wire } from './backend.ts';
import type { TreeData } from './recorded-session.ts';

const DEV_INFO = 'urn:oma:mo:oma-dm-devinfo:1.2';
const DEV_DETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const PACKAGES = 5;

export const MESSAGES_PER_SESSION = 7;

/** The Package#2s of the session. */
export function representativeScript({ dataUrl }: Pick<Backend, 'dataUrl'>): Script {
  const inventory: readonly Wire[] = [
    ['GET', `${DEV_INFO}//`],
    ['GET', `${DEV_DETAIL}//`],
  ];
  const search: readonly Wire[] = [
    ['GET', `${SCOMO}//Inventory/Deployed/(y)/Version?nv=(y)/ID:com.example.3`],
    ['GET', `${DCMO}//`],
  ];
  const write: Wire = ['HGET', `${dataUrl}/enabled`, `${DCMO}//Enabled`];
  const remove: Wire = ['DELETE', `${SCOMO}//Inventory/Deployed/p1`];
  const leaf: Wire = ['GET', `${DCMO}//Enabled`];
  return [inventory, search, [write], [remove], [leaf]];
}

export const REPRESENTATIVE_TREE: TreeData = {
  DevInfo: { DevId: 'IMEI:00000000', Man: 'Device Factory, Inc.', Mod: 'SmartPhone2000', DmV: '1.2', Lang: 'en-US' },
  DevDetail: { DevTyp: 'Phone', OEM: 'Factory', FwV: '4.0.4', SwV: '1.2', HwV: '3', LrgObj: true, Ext: {} },
  DCMO: { camera: { $type: DCMO, Property: 'camera', Enabled: false, Ext: {} } },
  SCM: {
    $type: SCOMO,
    Inventory: { Delivered: {}, Deployed: Object.fromEntries(Array.from({ length: PACKAGES }, softwarePackage)) },
    Download: {},
  },
};

function softwarePackage(_: unknown, at: number) {
  return [`p${at}`, { ID: `com.example.${at}`, Name: `Package ${at}`, Version: '1.0', State: 30 }] as const;
}

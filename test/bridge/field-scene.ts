/** The account, the tree and the Data Repository that the clients of the field have in tests. */
import type { ClientNode } from './field-client.ts';

export const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
export const DEVDETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0';
export const DATA = 'http://backend.example.com/';
export const ACCOUNT = { devId: 'DMCtest', user: 'client', password: 'secret' };
export const SERVER = { user: 'legacy-dm', password: 's3rver' };

const interior = (type?: string): ClientNode => (type === undefined ? { format: 'node' } : { format: 'node', type });
const text = (value: string): ClientNode => ({ format: 'chr', value });

export const capability = (name: string) => ({
  [`./DCMO/${name}`]: interior(DCMO),
  [`./DCMO/${name}/Property`]: text(name),
  [`./DCMO/${name}/Enabled`]: { format: 'bool', value: 'true' },
});

export const TREE: Readonly<Record<string, ClientNode>> = {
  '.': interior(),
  './DevInfo': interior(),
  './DevInfo/DevId': text(ACCOUNT.devId),
  './DevDetail': interior(),
  './DevDetail/DevTyp': text('Phone'),
  './DevDetail/FwV': text('7.1'),
  './DevDetail/LrgObj': { format: 'bool', value: 'true' },
  './DCMO': interior(),
  ...capability('usb'),
  ...capability('camera'),
};

/** A device with instances of many MOs, for tests of the MO cache, and its alerts about its tree. */
import { expect } from 'vitest';
import { type SessionPlan, SimulatedSessions, type SimulatedSessionsOptions, type Wire } from './simulated-sessions.ts';

export const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
export const CAM = `${DCMO}/cam`;
export const USB = `${DCMO}/usb`;
export const DEVINFO = 'urn:oma:mo:oma-dm-devinfo:1.2/';
export const DEVDETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0/';
export const DIAG = 'urn:oma:mo:oma-diag:1.0/mem';
export const FUMO = 'urn:oma:mo:oma-fumo:1.0/FUMO';
export const VENDOR = 'urn:vendor:mo:product:1.0/box';

export const TREE: SimulatedSessionsOptions['tree'] = {
  DevInfo: { DevId: 'IMEI:1', Man: 'Maker', Mod: 'Phone', DmV: '1.2', Lang: 'en' },
  DevDetail: { DevTyp: 'Phone', OEM: 'Maker', FwV: '1.0', SwV: '2.0', HwV: '3', LrgObj: true },
  DCMO: {
    cam: { $type: DCMO, Property: 'Camera', Enabled: true, Ext: { Note: 'n', Deep: { Er: 'd' } } },
    usb: { $type: DCMO, Property: 'USB', Enabled: false },
  },
  DiagMon: { mem: { $type: 'urn:oma:mo:oma-diag:1.0', DiagMonConfig: { Rate: 5 }, DiagMonData: { Free: 100 } } },
  FUMO: { $type: 'urn:oma:mo:oma-fumo:1.0', PkgName: 'p', State: 10, Update: { $format: 'null', $access: ['Exec'] } },
  Vendor: { box: { $type: 'urn:vendor:mo:product:1.0', Name: 'x' } },
};

export const UNCHANGED: SessionPlan = { treeChange: 'unchanged' };
export const GET_CAM: Wire = ['GET', `${CAM}/`];
const READ_CAM = 'Get ./DCMO/cam?list=StructData';

export function openDevice(options: Partial<SimulatedSessionsOptions> = {}): Promise<SimulatedSessions> {
  return SimulatedSessions.open({ tree: TREE, ...options });
}

/** A device after a session in which the bridge has read its camera, or executed the given list. */
export async function knownDevice(
  list: readonly Wire[] = [GET_CAM],
  options: Partial<SimulatedSessionsOptions> = {},
): Promise<SimulatedSessions> {
  const sessions = await openDevice(options);
  const { end } = await sessions.run(list);
  expect(end).toBe('done');
  return sessions;
}

/** True when the next session reads the camera from the device. The data must be right in any case. */
export async function asksForCam(sessions: SimulatedSessions, plan: SessionPlan = UNCHANGED): Promise<boolean> {
  const { asked, first } = await sessions.run([GET_CAM], plan);
  const Property = sessions.device.tree.value('./DCMO/cam/Property');
  expect(first).toMatchObject([{ status: 200, data: [{ MOData: { cam: { Property } } }] }]);
  return asked.includes(READ_CAM);
}

/** An Alert as text, each Item as text. */
export function alertOf(code: number, items: readonly string[] = []): string {
  return `<Alert><CmdID>90</CmdID><Data>${code}</Data>${items.map((item) => `<Item>${item}</Item>`).join('')}</Alert>`;
}

export const dataItem = (data: string) => `<Data>${data}</Data>`;
export const sourceItem = (uri: string) => `<Source><LocURI>${uri}</LocURI></Source>`;

const METINF = 'xmlns="syncml:metinf"';

/** An Alert 1229 with an MO. */
export function requestedMo(locUri: string, nodes: string): string {
  const meta = `<Meta><Format ${METINF}>xml</Format><Type ${METINF}>application/vnd.syncml.dmtnds+xml</Type></Meta>`;
  const document = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodes}</MgmtTree>`;
  return alertOf(1229, [`${sourceItem(locUri)}${meta}<Data><![CDATA[${document}]]></Data>`]);
}

export function interior(name: string, inner: readonly string[], type = ''): string {
  return tndsNode(name, 'node', `<DDFName>${type}</DDFName>`, inner.join(''));
}

export function leaf(name: string, format: string, value: string): string {
  return tndsNode(name, format, '<MIME>text/plain</MIME>', `<Value>${value}</Value>`);
}

function tndsNode(name: string, format: string, type: string, inner: string): string {
  const properties = `<RTProperties><Format><${format}/></Format><Type>${type}</Type></RTProperties>`;
  return `<Node><NodeName>${name}</NodeName>${properties}${inner}</Node>`;
}

/** The camera of `TREE`. */
export const CAM_NODES = interior(
  'cam',
  [
    leaf('Enabled', 'bool', 'true'),
    interior('Ext', [leaf('Note', 'chr', 'n'), interior('Deep', [leaf('Er', 'chr', 'd')])]),
    leaf('Property', 'chr', 'Camera'),
  ],
  DCMO,
);

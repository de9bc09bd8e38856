/** The device that most tests about commands talk to: a camera phone with two capabilities, FUMO, SCOMO and a vendor's MO. */
import { type DeviceNode, type DeviceOptions, interior, leaf, type ModelDevice, modelDevice } from './device.ts';
import { knowledgeOf, type Outcome, playOne, type Scene } from './play.ts';

export const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
export const FUMO = 'urn:oma:mo:oma-fumo:1.0';
export const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
export const DEVINFO = 'urn:oma:mo:oma-dm-devinfo:1.2';
export const DMACC = 'urn:oma:mo:oma-dm-dmacc:1.2';
export const SESSION_INFO = 'urn:oma:mo:oma-sessioninfomo:1.0';
export const VENDOR = 'com.example/1.2/Product';

export function capability(property: string): DeviceNode {
  return interior(
    {
      Property: leaf(property),
      Enabled: leaf('true', 'bool'),
      Operations: interior({ Enable: leaf(undefined, 'null'), Disable: leaf(undefined, 'null') }),
      Ext: interior({}),
    },
    DCMO,
  );
}

export function phoneTree(): DeviceNode {
  return interior({
    DevInfo: interior({ DevId: leaf('IMEI:1'), Man: leaf('Factory'), Mod: leaf('P1'), Lang: leaf('en') }),
    DevDetail: interior({
      DevTyp: leaf('Phone'),
      OEM: leaf('Oem'),
      FwV: leaf('1.0'),
      SwV: leaf('2.0'),
      HwV: leaf('3'),
    }),
    DCMO: interior({ camera: capability('Camera'), usb: capability('USB') }),
    FUMO: interior(
      {
        PkgName: leaf('p'),
        State: leaf('10', 'int'),
        Update: interior({ PkgData: leaf(undefined, 'bin', 'application/octet-stream') }),
        DownloadAndUpdate: interior({ PkgURL: leaf('') }),
      },
      FUMO,
    ),
    Vendor: interior({
      Product: interior(
        {
          Name: leaf('x'),
          Count: leaf('7', 'int'),
          Ratio: leaf('0.5', 'float'),
          On: leaf('TRUE', 'bool'),
          Odd: leaf('seven', 'int'),
          Nothing: leaf(undefined, 'null'),
          Empty: leaf(''),
          Image: leaf('AAEC/w==', 'bin', 'image/png'),
          Note: leaf('<a>&</a>', 'xml', 'text/xml'),
          Box: interior({}),
        },
        VENDOR,
      ),
    }),
  });
}

/** MIIDs from an earlier session: nothing has to be searched. */
export const KNOWN = {
  [DCMO]: { camera: './DCMO/camera', usb: './DCMO/usb' },
  [FUMO]: { FUMO: './FUMO' },
  [VENDOR]: { Product: './Vendor/Product' },
} as const;

export interface PhoneScene extends Partial<Omit<Scene, 'device'>> {
  readonly options?: DeviceOptions;
  readonly tree?: DeviceNode;
}

/** Plays one package against the phone, whose instances and whose way of listing are known. */
export function onPhone(
  commands: readonly (readonly string[])[],
  { options, tree, ...scene }: PhoneScene = {},
): Outcome & { readonly device: ModelDevice } {
  const device = modelDevice(tree ?? phoneTree(), options);
  const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
  return { ...playOne({ device, knowledge, ...scene }, commands), device };
}

/** The data of a GET: parsed where it is JSON. */
export function dataOf(outcome: Outcome, index = 0): unknown {
  const part = outcome.data[String(index)];
  if (part === undefined) return undefined;
  if (!('text' in part.content)) return { type: part.type, base64: part.content.base64 };
  return part.type === 'application/dmmo+json'
    ? (JSON.parse(part.content.text) as unknown)
    : { type: part.type, text: part.content.text };
}

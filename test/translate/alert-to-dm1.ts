/**
 * DM 2.0 Alert → the DM 1.x Generic Alert Item that a legacy server would have seen; the inverse of `alert.ts` up to
 * the losses in docs/losses.md.
 *
 * @see OMA-TS-DM_Protocol 2.0 §13.1
 */

import type { MiidTable } from '../../src/device/managed-device.ts';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { parseClientUri } from '../../src/dm2/client-uri.ts';
import type { Dm2Alert } from '../../src/dm2/package.ts';
import { DecodeError } from '../../src/errors.ts';
import type { MoIndex } from '../../src/mapping/mo-index.ts';
import { locUriOf } from '../../src/translate/node-address.ts';
import { entriesOf } from '../../src/typed-entries.ts';

/** DataTypes of the DM1x form and the formats that they came from. */
const FORMATS: Readonly<Record<string, string>> = {
  'text/xml': 'xml',
  'text/plain': 'chr',
  int: 'int',
  float: 'float',
  bool: 'bool',
  'application/octet-stream': 'b64',
};

/** The Item of Alert 1226. An address that no known instance has is left out. */
export function toDm1AlertItem(
  alert: Dm2Alert,
  context: { readonly index: MoIndex; readonly miids: MiidTable },
): PlainItem {
  const data = alert.Data ?? {};
  const source = textOf(data.DM1xSource) ?? placeOf(alert.SourceURI, context);
  const target = textOf(data.DM1xTarget) ?? placeOf(alert.TargetURI, context);
  const format = FORMATS[alert.DataType ?? ''];
  const value = textOf(data.DM1x);
  const mark = textOf(data.DM1xMark) ?? alert.Mark;
  return {
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    meta: {
      ...(value === undefined ? { format: 'null' } : format === undefined ? {} : { format }),
      type: alert.AlertType,
      ...(mark === undefined ? {} : { mark }),
    },
    ...(value === undefined ? {} : { data: value }),
  };
}

function textOf(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function placeOf(
  clientUri: string | undefined,
  { index, miids }: { readonly index: MoIndex; readonly miids: MiidTable },
): string | undefined {
  if (clientUri === undefined) return undefined;
  try {
    const uri = parseClientUri(clientUri, index);
    const moid = index.canonicalMoid(uri.moid);
    const mapping = index.byMoid(moid) ?? index.fallbackMapping(moid);
    const instances = entriesOf(miids[moid] ?? {});
    const { instance } = uri;
    const root = instances.find(([miid]) =>
      instance.kind === 'miid' ? miid === instance.miid : instances.length === 1,
    )?.[1];
    const names = uri.path.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []));
    return root === undefined || names.length !== uri.path.length ? undefined : locUriOf(mapping, root, names);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The Meta of Items: the command's Meta for all of them, the Item's own Meta, and the defaults of MetaInf. */
import type { WireCommand, WireItem, WireMeta } from './message.ts';

/** Format and Type of an Item; by default `chr` and `text/plain`, and no type for an interior node (MetaInfo 1.2). */
export function metaFor(item: WireItem): { readonly format: string; readonly type: string } {
  const format = item.meta?.format ?? 'chr';
  const defaultType = format.toLowerCase() === 'node' ? '' : 'text/plain';
  return { format, type: item.meta?.type ?? defaultType };
}

/** The Items of a command. Each element of the command's Meta counts for the Items that do not have it themselves. */
export function itemsOf(command: WireCommand): readonly WireItem[] {
  const { meta } = command;
  if (meta === undefined) return command.items;
  return command.items.map((item) => ({ ...item, meta: merge(meta, item.meta) }));
}

function merge(common: WireMeta, own: WireMeta | undefined): WireMeta {
  if (own === undefined) return common;
  const present = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...common, ...Object.fromEntries(present) };
}

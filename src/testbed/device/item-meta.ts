/** Meta of Items: what a command says for all of them, what an Item says for itself, and the defaults of MetaInf. */
import type { WireCommand, WireItem, WireMeta } from './message.ts';

/** Format and Type that count for an Item (MetaInfo 1.2: `chr`, `text/plain`; an interior node has no type by default). */
export function metaFor(item: WireItem): { readonly format: string; readonly type: string } {
  const format = item.meta?.format ?? 'chr';
  return { format, type: item.meta?.type ?? (format.toLowerCase() === 'node' ? '' : 'text/plain') };
}

/** The Items of a command, each with the command's Meta where it has none of its own, child by child. */
export function itemsOf(command: WireCommand): readonly WireItem[] {
  const { meta } = command;
  if (meta === undefined) return command.items;
  return command.items.map((item) => ({ ...item, meta: merge(meta, item.meta) }));
}

function merge(common: WireMeta, own: WireMeta | undefined): WireMeta {
  if (own === undefined) return common;
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...common, ...Object.fromEntries(said) };
}

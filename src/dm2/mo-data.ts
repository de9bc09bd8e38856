/**
 * `application/dmmo+json` as text (DM-2.0 §7.2.1.4): a list of MO data, always an array.
 *
 * What the members mean for an MO tree is the crossing's matter (`translate/mo-data.ts`); here only the list is known.
 */
import { readJson } from './json.ts';
import type { Content, MoDataMember } from './package.ts';
import { validateMoData } from './package-schema.ts';

/** Reads dmmo+json; a single object instead of a list, as Appendix F prints it, is refused. */
export function parseMoData(content: Content | string): readonly MoDataMember[] {
  return readJson(content, validateMoData, 'ERR_MO_DATA_SHAPE').map(pickMember);
}

/** Writes dmmo+json, names in the order of the printed example. */
export function formatMoData(members: readonly MoDataMember[]): string {
  return JSON.stringify(members.map(pickMember));
}

function pickMember({ DDF, ClientURI, CV, MOData }: MoDataMember): MoDataMember {
  return { ...(DDF !== undefined && { DDF }), ClientURI, ...(CV !== undefined && { CV }), MOData };
}

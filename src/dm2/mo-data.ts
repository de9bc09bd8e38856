/**
 * Reads and writes `application/dmmo+json` (DM-2.0 §7.2.1.4): a list of MO data, always an array.
 *
 * `translate/mo-data.ts` converts the data of a member to an MO tree and back.
 */
import type { Mutable } from '../mutable.ts';
import { type JsonRules, readJson } from './json.ts';
import type { Content, MoDataMember } from './package.ts';
import { validateMoData } from './package-schema.ts';
import { Readings } from './readings.ts';

/**
 * Reads dmmo+json. A single object instead of a list, as Appendix F prints it, is refused.
 * @throws DecodeError ERR_MO_DATA_SHAPE
 */
export function parseMoData(content: Content | string): readonly MoDataMember[] {
  return typeof content === 'string' ? readMoData(content) : moDataReadings.read(content);
}

/** No MO definition has so many levels. */
const RULES: JsonRules<readonly MoDataMember[]> = {
  validate: validateMoData,
  maxDepth: 128,
  code: 'ERR_MO_DATA_SHAPE',
};

/** MO data that was read ahead. */
export const moDataReadings = new Readings(readMoData);

function readMoData(content: Content | string): readonly MoDataMember[] {
  return readJson(content, RULES).map(pickMember);
}

/** Writes dmmo+json, with the members in the order of the printed example. */
export function formatMoData(members: readonly MoDataMember[]): string {
  return JSON.stringify(members.map(({ DDF, ClientURI, CV, MOData }) => ({ DDF, ClientURI, CV, MOData })));
}

/** The member without properties that the schema does not name. */
function pickMember({ DDF, ClientURI, CV, MOData }: MoDataMember): MoDataMember {
  const member: Mutable<MoDataMember> = { ClientURI, MOData };
  if (DDF !== undefined) member.DDF = DDF;
  if (CV !== undefined) member.CV = CV;
  return member;
}

/**
 * Device profiles: what is known beforehand of devices of one make, so that nobody has to find it out the hard way.
 *
 * Rules in order, the first that matches says everything; an operator's rules come before the shipped ones, and one with
 * the name of an earlier rule takes its place. What a session observes wins over all of them (`device/facts.ts`).
 */
import type { Ordering } from '../dm1/session-model.ts';
import type { SchemaProblem } from '../json-schema.ts';
import { globMatches } from './glob.ts';

/** What a rule says; absent: nothing is known. */
export interface DeviceProfile {
  /** How commands are put into messages so that the device runs them in order. */
  readonly ordering?: Ordering;
  /** The best `?list=` attribute that works, in this order; `none`: walk (DM-TND §9.1). */
  readonly list?: 'StructData' | 'TNDS' | 'Struct' | 'none';
  readonly atomic?: boolean;
  /** Takes whole sub-trees as TNDS (DM-TND §9.2). */
  readonly tnds?: boolean;
  /** Is never sent an Add of an interior node: the device makes those above an added leaf by itself. */
  readonly leafOnlyAdds?: boolean;
  /** Hashes the base64 text of NextNonce instead of the bytes behind it. */
  readonly nonceAsText?: boolean;
  /** Bytes; the device is never sent more, whatever it says. */
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
}

/** Globs, compared without case; all that are given must match. */
export interface ProfileMatch {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly dmV?: string;
  readonly userAgent?: string;
}

export interface ProfileRule extends DeviceProfile {
  readonly name: string;
  readonly match: ProfileMatch;
}

/** A file as `mappings/schema/profiles.schema.json` lets it through. */
export interface ProfileFile {
  readonly profiles: readonly ProfileRule[];
}

/** What a device tells of itself: DevInfo, and the header of its HTTP requests. */
export type ProfiledDevice = { readonly [K in keyof ProfileMatch]?: string | undefined };

const KEYS = ['manufacturer', 'model', 'dmV', 'userAgent'] as const;

/** What the first rule that matches says; nothing when none does. */
export function profileOf(rules: readonly ProfileRule[], device: ProfiledDevice): DeviceProfile {
  const rule = rules.find(({ match }) => KEYS.every((key) => isMatch(match[key], device[key])));
  if (rule === undefined) return {};
  const { name: _, match: __, ...profile } = rule;
  return profile;
}

/** The rules of all files, those of later files first; of several with one name only the first is left. */
export function layProfiles(files: readonly ProfileFile[]): readonly ProfileRule[] {
  const rules = files.toReversed().flatMap(({ profiles }) => profiles);
  return rules.filter((rule, at) => rules.findIndex(({ name }) => name === rule.name) === at);
}

/** What is wrong with a file although its schema let it through: a name that comes twice. */
export function findProfileFaults({ profiles }: ProfileFile): readonly SchemaProblem[] {
  return profiles.flatMap(({ name }, at) =>
    profiles.findIndex((other) => other.name === name) < at
      ? [{ pointer: `/profiles/${at}/name`, message: `"${name}" is the name of a rule before` }]
      : [],
  );
}

function isMatch(glob: string | undefined, text: string | undefined): boolean {
  return glob === undefined || (text !== undefined && globMatches(glob.toLowerCase(), text.trim().toLowerCase()));
}

/**
 * Device profiles: facts about the devices of one make that are known before their first session (docs/mappings.md).
 *
 * The first rule that matches a device applies, alone. An operator's rules come before the shipped ones, and a rule with
 * the name of an earlier one replaces it. Facts that a session observes override the profile (`device/facts.ts`).
 */
import type { Ordering } from '../dm1/session-model.ts';
import type { SchemaProblem } from '../json-schema.ts';
import { templateMatches } from './glob.ts';

/** The facts of a rule; an absent member is unknown. */
export interface DeviceProfile {
  /** The form in which the device runs several commands in order. */
  readonly ordering?: Ordering;
  /** The best `?list=` attribute that works, in this order; `none`: walk (DM-TND §9.1). */
  readonly list?: 'StructData' | 'TNDS' | 'Struct' | 'none';
  /** Answers no other Get of a Sequence that holds one of `?list=Struct`, which it is therefore sent alone. */
  readonly structAlone?: boolean;
  /** Runs Atomic, and rolls it back on a failure. */
  readonly atomic?: boolean;
  /** Accepts whole sub-trees as TNDS (DM-TND §9.2). */
  readonly tnds?: boolean;
  /** The device creates the interior nodes above an added leaf itself, and is never sent an Add of an interior node. */
  readonly leafOnlyAdds?: boolean;
  /** Computes digests from the base64 text of NextNonce instead of the decoded bytes. */
  readonly nonceAsText?: boolean;
  /** Ends values with a NUL, which is dropped. False: its message is refused, like every message with a NUL elsewhere. */
  readonly trailingNul?: boolean;
  /** `address`: the address that opened a session proves, beside the token of RespURI, that a message belongs to it. */
  readonly binding?: 'token' | 'address';
  /** The longest message that the device is sent, in bytes, even when it allows more. */
  readonly maxMsgSize?: number;
  /** The longest object that the device is sent, in bytes, even when it allows more. */
  readonly maxObjSize?: number;
}

/**
 * Globs, compared without case; each member that is given must match, a list when one of its globs does. `{manufacturer}` and
 * `{model}` stand for the device's own.
 */
interface ProfileMatch {
  readonly manufacturer?: string | readonly string[];
  readonly model?: string | readonly string[];
  readonly dmV?: string | readonly string[];
  readonly userAgent?: string | readonly string[];
}

/** A profile with the devices that it is for. */
export interface ProfileRule extends DeviceProfile {
  readonly name: string;
  readonly match: ProfileMatch;
}

/** A file that `mappings/schema/profiles.schema.json` accepts. */
export interface ProfileFile {
  readonly profiles: readonly ProfileRule[];
}

/** The values that a device reports in DevInfo and in the header of its HTTP requests. */
type ProfiledDevice = { readonly [K in keyof ProfileMatch]?: string | undefined };

const KEYS = ['manufacturer', 'model', 'dmV', 'userAgent'] as const;

/** The facts of the first rule that matches; none when no rule matches. */
export function profileOf(rules: readonly ProfileRule[], device: ProfiledDevice): DeviceProfile {
  const values = { manufacturer: normalized(device.manufacturer), model: normalized(device.model) };
  const rule = rules.find(({ match }) => KEYS.every((key) => isMatch(match[key], values, normalized(device[key]))));
  if (rule === undefined) return {};
  const { name: _, match: __, ...profile } = rule;
  return profile;
}

/** The rules of all files, those of later files first; of several rules with one name the first remains. */
export function layProfiles(files: readonly ProfileFile[]): readonly ProfileRule[] {
  const rules = files.toReversed().flatMap(({ profiles }) => profiles);
  return rules.filter((rule, at) => rules.findIndex(({ name }) => name === rule.name) === at);
}

/** Finds what is wrong with a file although its schema accepted it: names that come twice. */
export function findProfileFaults({ profiles }: ProfileFile): readonly SchemaProblem[] {
  return profiles.flatMap(({ name }, at) =>
    profiles.findIndex((other) => other.name === name) < at
      ? [{ pointer: `/profiles/${at}/name`, message: `"${name}" is the name of a rule before` }]
      : [],
  );
}

type OwnValues = Readonly<Record<'manufacturer' | 'model', string | undefined>>;

function isMatch(glob: string | readonly string[] | undefined, values: OwnValues, text: string | undefined): boolean {
  if (glob === undefined) return true;
  if (text === undefined) return false;
  const globs = typeof glob === 'string' ? [glob] : glob;
  return globs.some((each) => templateMatches(each.toLowerCase(), values, text));
}

function normalized(text: string | undefined): string | undefined {
  return text?.trim().toLowerCase();
}

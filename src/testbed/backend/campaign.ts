/**
 * A campaign: what the reference DM 2.0 Server asks of which device, and what it expects in return.
 *
 * In strings `{backend}` stands for the origin of the server and `{devId}` for the device's OMADM-DevID. Paths of the Data
 * Repository are compared after percent-decoding.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { compileSchema } from '../../json-schema.ts';
import { CAMPAIGN_SCHEMA } from './campaign-schema.ts';

/** What a value must be: itself, a part of an object, or `{ $matches: regular expression }`, `{ $any: true }`. */
export type Matcher = string | number | boolean | null | readonly Matcher[] | { readonly [key: string]: Matcher };

/** One command with what it must bring. */
export interface PlannedCommand {
  /** As it goes into Package#2: name, then parameters. */
  readonly do: readonly string[];
  /** Status codes that are right; default 200. Not looked at in a package with END. */
  readonly status?: number | readonly number[];
  readonly uri?: Matcher;
  /** Of a GET: the part's text, number or JSON. */
  readonly data?: Matcher;
}

/** One Package#2. */
export interface Step {
  readonly commands: readonly PlannedCommand[];
  /** Generic Alerts that the Package#3 must bring. */
  readonly alerts?: readonly Matcher[];
  /** The OMADM-Accept header. */
  readonly accept?: string;
}

/** One DM session; END is sent when the steps are done. */
export interface PlannedSession {
  /** Alerts that Package#1 must bring, besides others. */
  readonly alerts?: readonly Matcher[];
  /** MOIDs that MOS must list; absent: MOS is not looked at. */
  readonly mos?: readonly string[];
  readonly steps: readonly Step[];
}

/** What must have been sent to the Data Repository in the end. */
export interface ExpectedUpload {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly type?: string;
  readonly body?: Matcher;
}

export interface Rule {
  readonly match: { readonly devId?: string; readonly model?: string };
  readonly sessions: readonly PlannedSession[];
  /** Alerts that must have come at any time. */
  readonly alerts?: readonly Matcher[];
  readonly uploads?: readonly ExpectedUpload[];
}

/** Something in the Data Repository. */
export interface Resource {
  readonly type?: string;
  readonly body?: unknown;
  /** Bytes instead of a text or JSON body. */
  readonly base64?: string;
  /** Answer with this instead. */
  readonly status?: number;
  readonly delay?: number;
  /** Media types taken by PUT and POST; others get 415 with OMADM-Accept. */
  readonly accept?: readonly string[];
}

/** What goes wrong on purpose, at the nth request that carries a package (from 1). */
export interface Failure {
  readonly request: number;
  readonly devId?: string;
  readonly status?: number;
  readonly delay?: number;
  readonly drop?: boolean;
  /** Sent as Package#2 as it stands. */
  readonly body?: string;
  readonly type?: string;
}

export interface Campaign {
  readonly auth?: { readonly user: string; readonly password: string };
  /** Where packages are taken; CONT may lead to any of them. */
  readonly paths: readonly string[];
  /** Where EXEC reports arrive in sessions of their own. */
  readonly reports: readonly string[];
  /** Statuses are taken as plain numbers, too (the examples of Appendix F and I). */
  readonly statusForm: 'object' | 'number';
  readonly resources: Readonly<Record<string, Resource>>;
  readonly rules: readonly Rule[];
  readonly failures: readonly Failure[];
}

/** The file cannot be used. */
export class CampaignError extends Error {}

const validate = compileSchema<Partial<Campaign>>(CAMPAIGN_SCHEMA);

/** Reads a campaign file. */
export function loadCampaign(file: string): Campaign {
  let data: unknown;
  try {
    data = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CampaignError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return toCampaign(data, file);
}

/** Checks plain data and fills in what was left out. */
export function toCampaign(data: unknown, name = 'campaign'): Campaign {
  const result = validate(data);
  if (!result.ok) {
    throw new CampaignError(
      result.problems.map(({ pointer, message }) => `${name}: ${pointer || '/'} ${message}`).join('\n'),
    );
  }
  return {
    paths: ['/dmserver/dm20'],
    reports: ['/reports'],
    statusForm: 'object',
    resources: {},
    rules: [],
    failures: [],
    ...result.value,
  };
}

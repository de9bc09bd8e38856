/**
 * A campaign: the commands of the reference DM 2.0 Server for each device, and the results that it expects.
 *
 * In strings, `{backend}` becomes the origin of the server and `{devId}` the device's OMADM-DevID. Paths of the Data
 * Repository are compared after percent-decoding.
 */
import { compileSchema } from '../../json-schema.ts';
import { readYaml, requireValid } from '../yaml-file.ts';
import { CAMPAIGN_SCHEMA } from './campaign-schema.ts';

/** The expected value: itself, a part of an object, `{ $matches: regular expression }` or `{ $any: true }`. */
export type Matcher = string | number | boolean | null | readonly Matcher[] | { readonly [key: string]: Matcher };

/** One command with its expected result. */
export interface PlannedCommand {
  /** The command as Package#2 has it: name, then parameters. */
  readonly do: readonly string[];
  /** The expected status codes; default 200. Ignored in a package with END. */
  readonly status?: number | readonly number[];
  readonly uri?: Matcher;
  /** The data of a GET: text, number or JSON of its part. */
  readonly data?: Matcher;
}

/** One Package#2. */
export interface Step {
  readonly commands: readonly PlannedCommand[];
  /** Generic Alerts that Package#3 must have. */
  readonly alerts?: readonly Matcher[];
  /** The OMADM-Accept header. */
  readonly accept?: string;
}

/** The Package#0 by which the backend asks for a session; Package#1 must tell its NOTIFICATION-ID. */
export interface PlannedNotification {
  readonly id: number;
  /** PREFERRED-CON-TYPE. */
  readonly connections?: readonly number[];
  /** REQ-MOS. */
  readonly requestMos?: boolean;
}

/** One DM session; END is sent after the last step. */
export interface PlannedSession {
  /** Sent when the session before has ended; absent: the device begins the session itself. */
  readonly notification?: PlannedNotification;
  /** Alerts that Package#1 must have; it may have others. */
  readonly alerts?: readonly Matcher[];
  /** MOIDs that MOS must list; absent: MOS is not checked. */
  readonly mos?: readonly string[];
  readonly steps: readonly Step[];
}

/** An upload that the Data Repository must have received in the end. */
export interface ExpectedUpload {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly type?: string;
  readonly body?: Matcher;
}

export interface Rule {
  readonly match: { readonly devId?: string; readonly model?: string };
  readonly sessions: readonly PlannedSession[];
  /** Alerts that must have arrived at any time. */
  readonly alerts?: readonly Matcher[];
  readonly uploads?: readonly ExpectedUpload[];
}

/** A resource of the Data Repository. */
export interface Resource {
  readonly type?: string;
  readonly body?: unknown;
  /** The body as bytes, instead of `body`. */
  readonly base64?: string;
  /** The status of every response, instead of success. */
  readonly status?: number;
  readonly delay?: number;
  /** Media types that PUT and POST accept; any other gets 415 with OMADM-Accept. */
  readonly accept?: readonly string[];
}

/** A failure on purpose, at the nth request with a package (from 1). Delays are milliseconds. */
export interface Failure {
  readonly request: number;
  readonly devId?: string;
  readonly status?: number;
  readonly delay?: number;
  readonly drop?: boolean;
  /** Sent as Package#2 without change. */
  readonly body?: string;
  readonly type?: string;
}

export interface Campaign {
  readonly auth?: { readonly user: string; readonly password: string };
  /** The secret of the digests of Package#0; absent: they have none. */
  readonly notificationSecret?: string;
  /** Paths that accept packages; CONT may lead to any of them. */
  readonly paths: readonly string[];
  /** Paths that accept EXEC reports in sessions of their own. */
  readonly reports: readonly string[];
  /** `number` also accepts plain numbers as statuses, as in the examples of Appendix F and I. */
  readonly statusForm: 'object' | 'number';
  readonly resources: Readonly<Record<string, Resource>>;
  readonly rules: readonly Rule[];
  readonly failures: readonly Failure[];
}

const validate = compileSchema<Partial<Campaign>>(CAMPAIGN_SCHEMA);

const DEFAULTS: Campaign = {
  paths: ['/dmserver/dm20'],
  reports: ['/reports'],
  statusForm: 'object',
  resources: {},
  rules: [],
  failures: [],
};

/**
 * Reads a campaign file.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem
 */
export function loadCampaign(file: string): Campaign {
  return toCampaign(readYaml(file), file);
}

/**
 * Checks plain data and adds the defaults.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem
 */
export function toCampaign(data: unknown, file = 'campaign'): Campaign {
  return { ...DEFAULTS, ...requireValid(validate(data), file) };
}

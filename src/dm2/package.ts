/**
 * The packages of a DM 2.0 session as values (DM-2.0 §5.2, §7.2). `codec.ts` reads and writes their JSON.
 */

export const MEDIA_TYPES = {
  package1: 'application/vnd.oma.dm.initiation+json',
  package2: 'application/vnd.oma.dm.request+json',
  package3: 'application/vnd.oma.dm.response+json',
  moData: 'application/dmmo+json',
  tnds: 'application/vnd.syncml.dmtnds+xml',
} as const;

/** One entry of MOS: a supported MO with the instances that this DM Server may see; wire names. */
export interface SupportedMo {
  /** URL of the DDF. */
  readonly DDF?: string;
  readonly MOID: string;
  readonly MIID: readonly string[];
}

/** A Generic Alert (DM-2.0 §5.4); wire names. */
export interface Dm2Alert {
  readonly AlertType: string;
  readonly SourceURI?: string;
  readonly TargetURI?: string;
  readonly Mark?: string;
  readonly DataType?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
  /** Not on the wire: the JSON text of Data, in place of it, in a stored alert whose numbers have more digits than JavaScript holds. */
  readonly dataText?: string;
}

/** DM-2.0 §7.2.1.1; wire names. */
export interface Package1 {
  readonly MOS?: readonly SupportedMo[];
  readonly Alert: readonly Dm2Alert[];
}

/** A command as the backend wrote it: its name, then its parameters. */
export type WireCommand = readonly string[];

/** DM-2.0 §7.2.1.2; wire names. */
export interface Package2 {
  readonly CMD: readonly WireCommand[];
}

/** The status of one command; wire names. */
export interface CommandStatus {
  /** DM-2.0 Appendix C. */
  readonly sc: number;
  readonly URI?: readonly string[];
  /** Vendor member: why the command failed. */
  readonly reason?: string;
}

/** DM-2.0 §7.2.1.3; wire names. */
export interface Package3 {
  /** In the order of the commands. */
  readonly Status: readonly CommandStatus[];
  readonly Alert?: readonly Dm2Alert[];
}

/** Bytes in a form that survives JSON: text when they are UTF-8, else base64. */
export type Content = { readonly text: string } | { readonly base64: string };

/** A body with its media type. */
export interface TypedContent {
  readonly contentType: string;
  readonly content: Content;
}

/** The data of one GET with status 200, for the multipart form of Package#3 (DM-2.0 Appendix F). */
export interface DataPart {
  /** Index of the GET in the package, from 0. */
  readonly index: number;
  readonly contentType: string;
  readonly content: Content;
}

/** One instance or node in `application/dmmo+json` (DM-2.0 §7.2.1.4); wire names. */
export interface MoDataMember {
  readonly DDF?: string;
  readonly ClientURI: string;
  readonly CV?: string;
  readonly MOData: Readonly<Record<string, unknown>>;
}

export const ALERT_TYPES = {
  serverInitiated: 'urn:oma:at:dm:2.0:ServerInitiatedMgmt',
  clientInitiated: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt',
  bootstrapComplete: 'urn:oma:at:dm:2.0:BootstrapComplete',
  /** The bridge's own type, for an EXEC whose node has no alert type (ADR 5). */
  execComplete: 'urn:oma:at:dm:2.0:ExecComplete',
} as const;

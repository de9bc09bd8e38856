/**
 * The events that dmbridge logs, their levels and their facts, and the port through which they are logged.
 *
 * `log.ts` writes them as JSON lines; docs/operations/log-events.md explains each of them for operators. Facts never hold a
 * secret, a nonce or a node value.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The facts of each event, beside the device and the session that it concerns. */
export interface LogFacts {
  'account.overloaded': {
    readonly account: string;
    /** Messages that were turned away since the last event. */
    readonly refused: number;
    readonly underWay: number;
    readonly waiting: number;
  };
  'acl.not_set': { readonly locUri: string; readonly status: number };
  'acl.read_by_property': { readonly locUri: string; readonly nodes: number };
  'acl.unreadable': { readonly locUri: string; readonly status: number };
  'alert.dropped': AlertFacts;
  'alert.held': {
    readonly seq: number;
    readonly type: string | undefined;
    readonly status: number;
    readonly tries: number;
    readonly until: string;
  };
  'alert.put_back': { readonly seq: number; readonly type: string | undefined };
  'alert.refused': AlertFacts;
  'alert.repeated': { readonly code: number };
  'alert.search_began': {
    /** Alerts of the device that wait. */
    readonly alerts: number;
    /** Of the backend's last refusal. */
    readonly status: number;
  };
  'alert.search_ended': Readonly<Record<never, never>>;
  'auth.challenged': { readonly status: number; readonly msgId: number };
  'auth.guessing': { readonly address: string; readonly attempts: number };
  'auth.not_required': { readonly setting: string };
  'auth.server_basic_refused': { readonly setting: string };
  'auth.weak_binding': { readonly setting: string };
  'background.failed': { readonly error: unknown };
  'backend.quirk': { readonly account: string; readonly quirk: string };
  'bridge.ready': { readonly south: string; readonly north: string; readonly admin: string };
  'bridge.stopping': { readonly signal: string };
  'cache.requested_mo_ignored': { readonly locUri: string };
  'cache.used': {
    readonly hits: number;
    readonly misses: number;
    readonly bytesSaved: number;
    readonly roundTripsSaved: number;
  };
  'command.failed': {
    readonly command: string;
    /** Position of the command in its package, from 0. */
    readonly index: number;
    readonly status: number;
    readonly reason: string;
    /** Of the ServerURI; absent when the command has none. */
    readonly origin: string | undefined;
    readonly isServerUriRefused?: true;
  };
  'command.quarantined': { readonly command: string; readonly tries: number };
  'config.reload_failed': { readonly problems: readonly string[] };
  'config.reloaded': {
    /** The certificates of the device listener and of the backends. */
    readonly certificates: ReloadResult;
    /** Absent: no devices file is configured. */
    readonly devices?: ReloadResult;
    /** The number of rows that were imported; absent when the file is unchanged. */
    readonly deviceRows?: number;
    readonly routes: ReloadResult;
    /** The number of mappings; their files are always read again. */
    readonly mappings: number;
    readonly logLevel: string;
    readonly adminAccess: ReloadResult;
    /** Keys whose new value counts only after a restart. */
    readonly restartNeeded: readonly string[];
  };
  /** The outcome of storing the resource that a backend has left for a missing MO. */
  'default.fetched': {
    readonly moid: string;
    readonly status: number;
    readonly reason: string | undefined;
    readonly isServerUriRefused?: true;
  };
  'device.quirk': { readonly quirk: string };
  /** `others`: devices of the store that the file does not name. */
  'devices.imported': { readonly file: string; readonly rows: number; readonly others: number };
  'devices.importing': { readonly file: string; readonly step: 'checking' | 'storing'; readonly rows: number };
  'devices.unchanged': { readonly file: string };
  /** `isExpired`: false when there were too many. */
  'exec.forgotten': { readonly clientUri: string; readonly isExpired: boolean };
  'http.request_failed': HttpFacts;
  'http.request_refused': HttpFacts;
  'http.response_not_delivered': { readonly error: unknown };
  'listing.unreadable': { readonly locUri: string; readonly attribute: string; readonly code: string };
  'mapping.deprecated_key': {
    readonly file: string;
    readonly line: number;
    readonly old: string;
    /** Absent when the key has no successor. */
    readonly replacement: string | undefined;
  };
  /** `place`: the queue that had no room for it. */
  'message.turned_away': { readonly place: 'account' | 'device'; readonly msgId: number };
  'north.msg_id_gap': { readonly expected: number; readonly got: number };
  'north.ended': { readonly reason: string };
  'north.failed': { readonly reason: string };
  'notification.accepted': {
    readonly account: string;
    readonly notificationId?: number;
    readonly sessionId: string;
    readonly expiresAt: string;
  };
  'notification.answered': {
    readonly account: string;
    readonly notificationId?: number;
    readonly sessionId: string;
    /** Since its Package#0 was accepted. */
    readonly seconds: number;
  };
  'notification.dropped': NotificationFacts;
  'notification.expired': {
    readonly account: string;
    readonly notificationId?: number;
    readonly sessionId: string;
    readonly sendings: number;
  };
  'notification.failed': {
    readonly account: string;
    readonly notificationId?: number;
    readonly sessionId: string;
    /** The name of the way of delivery; absent: there was none. */
    readonly delivery: string | undefined;
    /** `refused`: for good. */
    readonly outcome: 'failed' | 'refused';
    readonly reason: string;
    /** The time of the next sending; absent: every way has refused it for good. */
    readonly nextSending?: string;
  };
  'notification.refused': { readonly status: number; readonly reason: string };
  'notification.sent': {
    readonly account: string;
    readonly notificationId?: number;
    readonly sessionId: string;
    readonly delivery: string;
    readonly format: string;
    /** The number of the sending, from 1. */
    readonly sending: number;
    /** The address that it went to; of a telephone number the last four digits, of a URL the origin. */
    readonly target: string;
  };
  'object.completed': ObjectFacts;
  'object.failed': ObjectFacts;
  'object.progress': ObjectFacts;
  'object.started': ObjectFacts;
  'outbox.full': {
    /** Items of alerts that got an error. */
    readonly refused: number;
    /** Alerts of the device that wait. */
    readonly kept: number;
  };
  'route.guessed': { readonly rule: string };
  'route.late': Readonly<Record<never, never>>;
  /** `requests`: without a rule since the last time. */
  'route.none': { readonly requests: number };
  /** `origin` of the legacy server. */
  'route.upstream_failed': { readonly origin: string; readonly status: number; readonly reason: string };
  'session.aborted': { readonly by: string; readonly reason: string };
  'session.interrupted': { readonly at: 'Sequence' | 'Atomic' };
  /** The number of alerts whose request is still awaited. */
  'session.overtaken': { readonly alerts: number };
  'session.timed_out': Readonly<Record<never, never>>;
  'session.unreadable': Readonly<Record<never, never>>;
  'session.without_route': Readonly<Record<never, never>>;
  'show.ended': { readonly reason: string };
  /** The number of the page in the session of the user, from 1. */
  'show.page': { readonly page: number };
  'show.started': { readonly alerts: number };
  'show.submitted': { readonly method: string };
  'subscription.ended': { readonly account: string; readonly clientUri: string; readonly reason: string };
  /** `nextReport`: when the report is sent again, ISO 8601; absent: it is not. */
  'subscription.failed': {
    readonly account: string;
    readonly clientUri: string;
    readonly reason: string;
    readonly outcome?: 'dropped' | 'kept';
    readonly nextReport?: string;
    readonly isServerUriRefused?: true;
  };
  'subscription.reported': { readonly account: string; readonly clientUri: string; readonly contentType: string };
  'subscription.stored': { readonly account: string; readonly clientUri: string };
  'tls.old_suites': {
    readonly listener: string;
    readonly minVersion: string;
    /** OpenSSL names, and the security level. */
    readonly suites: readonly string[];
  };
  /** `beside` is the key file that was made for a store. */
  'store.log_missing': { readonly file: string; readonly beside: string };
  'store.recovered': Readonly<Record<never, never>>;
  'store.write_failed': { readonly error: unknown };
  'workflow.replay_mismatch': {
    readonly command: string;
    /** Position of the command in its package, from 0. */
    readonly index: number;
    /** Position of the request in the replay log, from 0. */
    readonly step: number;
  };
  'write.partial': WriteFacts;
  'write.rolled_back': { readonly status: number };
  'write.undone': WriteFacts;
}

type ReloadResult = 'changed' | 'unchanged';

/** An alert that its backend has refused alone. */
type AlertFacts = {
  /** Of the alert in the outbox of its device. */
  readonly seq: number;
  /** Meta/Type of the alert. */
  readonly type: string | undefined;
  /** The HTTP status of the backend. */
  readonly status: number;
  /** The number of times that the alert was refused alone. */
  readonly tries: number;
};

/** A notification of a backend for a device. */
type NotificationFacts = {
  readonly account: string;
  /** Absent: the Package#0 had none. */
  readonly notificationId?: number;
  /** As the device writes it in its messages. */
  readonly sessionId: string;
};

type HttpFacts = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly from: string | undefined;
  readonly error: unknown;
};

/** Progress of a large object in bytes as carried; the total is absent when the device announced none. */
type ObjectFacts = {
  readonly direction: 'toDevice' | 'fromDevice';
  readonly locUri: string;
  readonly bytesDone: number;
  readonly bytesTotal?: number;
};

type WriteFacts = {
  /** Number of writes that the device refused. */
  readonly failures: number;
  /** LocURIs that are not as they were before. */
  readonly left: readonly string[];
};

export type LogEventId = keyof LogFacts;

/** The level at which each event is logged. */
export const LOG_LEVELS: Readonly<Record<LogEventId, LogLevel>> = {
  'account.overloaded': 'warn',
  'acl.not_set': 'warn',
  'acl.read_by_property': 'info',
  'acl.unreadable': 'warn',
  'alert.dropped': 'warn',
  'alert.held': 'warn',
  'alert.put_back': 'info',
  'alert.refused': 'warn',
  'alert.repeated': 'info',
  'alert.search_began': 'warn',
  'alert.search_ended': 'info',
  'auth.challenged': 'info',
  'auth.guessing': 'warn',
  'auth.not_required': 'warn',
  'auth.server_basic_refused': 'warn',
  'auth.weak_binding': 'warn',
  'background.failed': 'error',
  'backend.quirk': 'warn',
  'bridge.ready': 'info',
  'bridge.stopping': 'info',
  'cache.requested_mo_ignored': 'info',
  'cache.used': 'info',
  'command.failed': 'info',
  'command.quarantined': 'warn',
  'config.reload_failed': 'error',
  'config.reloaded': 'info',
  'default.fetched': 'info',
  'device.quirk': 'warn',
  'devices.imported': 'info',
  'devices.importing': 'info',
  'devices.unchanged': 'info',
  'exec.forgotten': 'info',
  'http.request_failed': 'error',
  'http.request_refused': 'warn',
  'http.response_not_delivered': 'debug',
  'listing.unreadable': 'warn',
  'mapping.deprecated_key': 'warn',
  'message.turned_away': 'debug',
  'north.ended': 'info',
  'north.msg_id_gap': 'warn',
  'north.failed': 'error',
  'notification.accepted': 'info',
  'notification.answered': 'info',
  'notification.dropped': 'info',
  'notification.expired': 'info',
  'notification.failed': 'warn',
  'notification.refused': 'debug',
  'notification.sent': 'info',
  'object.completed': 'info',
  'object.failed': 'info',
  'object.progress': 'debug',
  'object.started': 'info',
  'outbox.full': 'warn',
  'route.guessed': 'info',
  'route.late': 'warn',
  'route.none': 'warn',
  'route.upstream_failed': 'warn',
  'session.aborted': 'info',
  'session.interrupted': 'warn',
  'session.overtaken': 'info',
  'session.timed_out': 'info',
  'session.unreadable': 'warn',
  'session.without_route': 'warn',
  'show.ended': 'info',
  'show.page': 'info',
  'show.started': 'info',
  'show.submitted': 'info',
  'subscription.ended': 'info',
  'subscription.failed': 'warn',
  'subscription.reported': 'info',
  'subscription.stored': 'info',
  'tls.old_suites': 'warn',
  'store.log_missing': 'warn',
  'store.recovered': 'info',
  'store.write_failed': 'error',
  'workflow.replay_mismatch': 'warn',
  'write.partial': 'warn',
  'write.rolled_back': 'info',
  'write.undone': 'info',
};

/** The device and the session that an event concerns; absent where there is none. */
export type LogSubject = {
  /** DevId as registered, or the Source of a message whose sender is not known. */
  readonly device?: string | undefined;
  /** Name of the session in logs and traces. */
  readonly session?: string | undefined;
};

/** One event with its facts; without an argument the union over all events. */
export type LogEntry<E extends LogEventId = LogEventId> = {
  readonly [K in E]: { readonly event: K; readonly facts: LogFacts[K] };
}[E];

/** The port of logs and traces. */
export interface Journal {
  log<E extends LogEventId>(event: E, facts: LogFacts[E] & LogSubject): void;
  /** Takes the conversation, message by message, for the trace and the demonstration. Absent: there is no trace. */
  trace?(entry: TraceEntry): void;
}

/** Logs an entry that was made elsewhere for the device and the session that it concerns. */
export function logEntry<E extends LogEventId>(journal: Journal, entry: LogEntry<E>, subject: LogSubject): void {
  journal.log(entry.event, { ...entry.facts, ...subject });
}

/** One message on either side, as it was on the wire. */
export interface TraceEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly device: string;
  readonly session: string;
  readonly direction:
    | 'device→bridge'
    | 'bridge→device'
    | 'bridge→backend'
    | 'backend→bridge'
    | 'bridge→repository'
    | 'repository→bridge';
  /** The first line: method and URL, or status. */
  readonly summary: string;
  readonly contentType?: string;
  readonly body?: string;
}

/**
 * The metrics for Prometheus. They are counted from the log events, so that a metric and the log never contradict each other.
 *
 * Labels have few values, and none names a device, a session or an address.
 */
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import type { Journal, LogEventId, LogFacts, LogSubject } from '../log-events.ts';
import type { Mutable } from '../mutable.ts';

/** Values that are read when the metrics are. */
export interface MetricSources {
  /** The number of notifications that await a session, over all devices; undefined: not known now. */
  pendingNotifications(): Promise<number | undefined>;
  /** The number of subscriptions of all devices; undefined: not known now. */
  subscriptions(): Promise<number | undefined>;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

/** Seconds: from a device that answers at once to one that is switched on the next day. */
const ANSWER_BUCKETS = [1, 5, 30, 300, 3_600, 86_400];
const OPEN_METRICS = 'application/openmetrics-text';

export class Metrics {
  readonly #prometheus = new Registry();
  readonly #openMetrics = openMetricsRegistry();
  readonly #notifications: Counter<'outcome'>;
  readonly #sendings: Counter<'delivery' | 'outcome'>;
  readonly #answers: Histogram;
  readonly #shows: Counter<'outcome'>;
  readonly #defaults: Counter<'outcome'>;
  readonly #reports: Counter<'outcome'>;
  readonly #refusedUris: Counter<'command'>;

  constructor(sources: MetricSources) {
    const registers = [this.#prometheus, this.#openMetrics];
    this.#notifications = new Counter({
      name: 'dmbridge_notifications_total',
      help: 'Notifications of backends by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    this.#sendings = new Counter({
      name: 'dmbridge_notification_sendings_total',
      help: 'Sendings of notifications by way of delivery and outcome.',
      labelNames: ['delivery', 'outcome'],
      registers,
    });
    this.#answers = new Histogram({
      name: 'dmbridge_notification_answer_seconds',
      help: 'Seconds from a notification of a backend to the session that answers it.',
      buckets: ANSWER_BUCKETS,
      registers,
    });
    this.#shows = new Counter({
      name: 'dmbridge_show_sessions_total',
      help: 'SHOW commands whose pages a device has begun or ended to show, and those that were refused.',
      labelNames: ['outcome'],
      registers,
    });
    this.#defaults = new Counter({
      name: 'dmbridge_default_fetches_total',
      help: 'Fetches of resources that DEFAULT has left, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#reports = new Counter({
      name: 'dmbridge_subscription_reports_total',
      help: 'Reports of changes to Data Repositories, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#refusedUris = new Counter({
      name: 'dmbridge_server_uri_refused_total',
      help: 'Requests that were refused because of the address they would have led to, by command.',
      labelNames: ['command'],
      registers,
    });
    gauge(
      'dmbridge_notifications_pending',
      'Notifications that await a session.',
      registers,
      sources.pendingNotifications,
    );
    gauge('dmbridge_subscriptions', 'Subscriptions of all devices.', registers, sources.subscriptions);
  }

  readonly #counting: Counting = {
    'notification.accepted': () => this.#notifications.inc({ outcome: 'accepted' }),
    'notification.answered': ({ seconds }) => {
      this.#notifications.inc({ outcome: 'answered' });
      this.#answers.observe(seconds);
    },
    'notification.dropped': () => this.#notifications.inc({ outcome: 'dropped' }),
    'notification.expired': () => this.#notifications.inc({ outcome: 'expired' }),
    'notification.refused': () => this.#notifications.inc({ outcome: 'refused' }),
    'show.started': () => this.#shows.inc({ outcome: 'started' }),
    'show.ended': () => this.#shows.inc({ outcome: 'ended' }),
    'command.failed': ({ command }) => {
      if (command === 'SHOW') this.#shows.inc({ outcome: 'refused' });
    },
    'default.fetched': ({ status }) => this.#defaults.inc({ outcome: isSuccess(status) ? 'stored' : 'failed' }),
    'subscription.reported': () => this.#reports.inc({ outcome: 'taken' }),
    'subscription.failed': ({ outcome }) => {
      if (outcome !== undefined) this.#reports.inc({ outcome });
    },
    'notification.sent': ({ delivery }) => this.#sendings.inc({ delivery, outcome: 'accepted' }),
    'notification.failed': ({ delivery = 'none', outcome, nextSending }) => {
      this.#sendings.inc({ delivery, outcome });
      if (nextSending === undefined) this.#notifications.inc({ outcome: 'failed' });
    },
  };

  /** Fetches of DEFAULT and reports of SUB are no commands, but count under the name of theirs. */
  readonly #countingOfUris: Counting = {
    'command.failed': ({ command, isServerUriRefused }) => this.#countUri(command, isServerUriRefused),
    'default.fetched': ({ isServerUriRefused }) => this.#countUri('DEFAULT', isServerUriRefused),
    'subscription.failed': ({ isServerUriRefused }) => this.#countUri('SUB', isServerUriRefused),
  };

  #countUri(command: string, isRefused: true | undefined): void {
    if (isRefused === true) this.#refusedUris.inc({ command });
  }

  /** A journal that counts each event before it goes to `journal`. */
  counting(journal: Journal): Journal {
    const counting: Mutable<Journal> = {
      log: <E extends LogEventId>(event: E, facts: LogFacts[E] & LogSubject): void => {
        this.#count(event, facts);
        journal.log(event, facts);
      },
    };
    if (journal.trace !== undefined) counting.trace = (entry) => journal.trace?.(entry);
    return counting;
  }

  /** The text for a scraper: OpenMetrics when its Accept header asks for that, else the text format of Prometheus. */
  async page(accept: string): Promise<MetricsPage> {
    const registry = accept.includes(OPEN_METRICS) ? this.#openMetrics : this.#prometheus;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  #count<E extends LogEventId>(event: E, facts: LogFacts[E]): void {
    for (const counting of [this.#counting, this.#countingOfUris]) {
      const count: Counting[E] | undefined = counting[event];
      count?.(facts);
    }
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A gauge whose value is asked for when it is read. */
function gauge(
  name: string,
  help: string,
  registers: (Registry | Registry<OpenMetricsContentType>)[],
  read: () => Promise<number | undefined>,
): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      const value = await read();
      if (value === undefined) this.reset();
      else this.set(value);
    },
  });
}

/** The function that counts an event, for those that are counted. */
type Counting = { readonly [E in LogEventId]?: (facts: LogFacts[E]) => void };

function openMetricsRegistry() {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

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
    new Gauge({
      name: 'dmbridge_notifications_pending',
      help: 'Notifications that await a session.',
      registers,
      async collect() {
        const pending = await sources.pendingNotifications();
        if (pending === undefined) this.reset();
        else this.set(pending);
      },
    });
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
    'notification.sent': ({ delivery }) => this.#sendings.inc({ delivery, outcome: 'accepted' }),
    'notification.failed': ({ delivery = 'none', outcome, nextSending }) => {
      this.#sendings.inc({ delivery, outcome });
      if (nextSending === undefined) this.#notifications.inc({ outcome: 'failed' });
    },
  };

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
    const count: Counting[E] | undefined = this.#counting[event];
    count?.(facts);
  }
}

/** The function that counts an event, for those that are counted. */
type Counting = { readonly [E in LogEventId]?: (facts: LogFacts[E]) => void };

function openMetricsRegistry() {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

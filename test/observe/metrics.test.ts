/** The metrics of notifications, as they follow from the log events, and their two text forms. */
import { expect, test } from 'vitest';
import type { Journal } from '../../src/log-events.ts';
import { Metrics } from '../../src/observe/metrics.ts';

const NOTIFICATION = { account: 'main', sessionId: 'A7', device: 'IMEI:1' };

/** The lines of the metrics without comments. */
async function lines(metrics: Metrics, accept = ''): Promise<readonly string[]> {
  const { text } = await metrics.page(accept);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('each event of a notification is counted, and goes on to the log', async () => {
  const logged: string[] = [];
  const journal: Journal = { log: (event) => void logged.push(event) };
  const metrics = new Metrics({ pendingNotifications: async () => 3, subscriptions: async () => 5 });
  const { log } = metrics.counting(journal);
  const sending = { ...NOTIFICATION, format: '1.2', sending: 1, target: 'host' };
  const failure = { ...NOTIFICATION, delivery: 'sms', reason: 'HTTP 500' };
  log('notification.accepted', { ...NOTIFICATION, expiresAt: '' });
  log('notification.sent', { ...sending, delivery: 'wap' });
  log('notification.failed', { ...failure, outcome: 'failed', nextSending: 'soon' });
  log('notification.failed', { ...failure, outcome: 'refused' });
  log('notification.failed', { ...failure, delivery: undefined, outcome: 'failed', nextSending: 'soon' });
  log('notification.answered', { ...NOTIFICATION, seconds: 12 });
  log('notification.expired', { ...NOTIFICATION, sendings: 2 });
  log('notification.dropped', NOTIFICATION);
  log('notification.refused', { device: 'IMEI:1', status: 401, reason: 'wrong' });
  log('session.timed_out', {});
  expect(logged).toHaveLength(10);
  const found = await lines(metrics);
  expect(found).toEqual(
    expect.arrayContaining([
      ...['accepted', 'answered', 'dropped', 'expired', 'failed', 'refused'].map(
        (outcome) => `dmbridge_notifications_total{outcome="${outcome}"} 1`,
      ),
      'dmbridge_notification_sendings_total{delivery="wap",outcome="accepted"} 1',
      'dmbridge_notification_sendings_total{delivery="sms",outcome="failed"} 1',
      'dmbridge_notification_sendings_total{delivery="sms",outcome="refused"} 1',
      'dmbridge_notification_sendings_total{delivery="none",outcome="failed"} 1',
      'dmbridge_notification_answer_seconds_bucket{le="5"} 0',
      'dmbridge_notification_answer_seconds_bucket{le="30"} 1',
      'dmbridge_notification_answer_seconds_sum 12',
      'dmbridge_notifications_pending 3',
    ]),
  );
  expect(found.join('\n')).not.toMatch(/IMEI|A7|main/u);
});

test('pages, fetches, reports and refused addresses are counted', async () => {
  const metrics = new Metrics({ pendingNotifications: async () => 0, subscriptions: async () => 7 });
  const { log } = metrics.counting({ log: () => {} });
  const command = { index: 0, status: 403, reason: 'x', origin: undefined };
  const report = { account: 'main', clientUri: 'urn:x//', reason: 'x' };
  const moid = 'urn:x';
  log('show.started', { alerts: 1 });
  log('show.ended', { reason: 'x' });
  log('command.failed', { ...command, command: 'SHOW', isServerUriRefused: true });
  log('command.failed', { ...command, command: 'HGET', isServerUriRefused: true });
  log('command.failed', { ...command, command: 'HGET' });
  log('default.fetched', { moid, status: 200, reason: undefined });
  log('default.fetched', { moid, status: 419, reason: 'x', isServerUriRefused: true });
  log('subscription.reported', { account: 'main', clientUri: 'urn:x//', contentType: 'text/plain' });
  log('subscription.failed', { ...report, outcome: 'kept', nextReport: 'soon' });
  log('subscription.failed', { ...report, outcome: 'dropped', isServerUriRefused: true });
  log('subscription.failed', report);
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      ...['started', 'ended', 'refused'].map((outcome) => `dmbridge_show_sessions_total{outcome="${outcome}"} 1`),
      ...['stored', 'failed'].map((outcome) => `dmbridge_default_fetches_total{outcome="${outcome}"} 1`),
      ...['taken', 'kept', 'dropped'].map((outcome) => `dmbridge_subscription_reports_total{outcome="${outcome}"} 1`),
      ...['SHOW', 'HGET', 'DEFAULT', 'SUB'].map((name) => `dmbridge_server_uri_refused_total{command="${name}"} 1`),
      'dmbridge_subscriptions 7',
    ]),
  );
});

test('a scraper gets OpenMetrics when it asks for that, else the text format of Prometheus', async () => {
  const metrics = new Metrics({ pendingNotifications: async () => undefined, subscriptions: async () => undefined });
  expect((await metrics.page('*/*')).contentType).toContain('text/plain; version=0.0.4');
  const open = await metrics.page('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(open.contentType).toContain('application/openmetrics-text');
  expect(open.text.trimEnd().endsWith('# EOF')).toBe(true);
});

test('a journal without traces stays one', () => {
  const metrics = new Metrics({ pendingNotifications: async () => 0, subscriptions: async () => 0 });
  expect(metrics.counting({ log: () => undefined })).not.toHaveProperty('trace');
});

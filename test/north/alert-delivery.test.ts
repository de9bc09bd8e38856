/** The alerts in the packages of a DM 2.0 session, by what the record of the device says of their delivery (ADR 29). */
import { describe, expect, test } from 'vitest';
import type { AlertDelivery } from '../../src/device/managed-device.ts';
import type { OutboxItem } from '../../src/device/outbox-item.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { modelDevice } from './model/device.ts';
import { context, knowledgeOf, type Played, play, type Scene } from './model/play.ts';
import { KNOWN, phoneTree } from './model/simulated-device.ts';

const REFUSED: RepositoryReply = { status: 400, headers: {}, body: { text: '' } };
const SEARCHING = { main: { refusals: 3 } };

const itemAt = (seq: number, source = './DCMO/usb'): OutboxItem => ({
  ...{ seq, receivedAt: 0, code: 1226 },
  item: { source, meta: { type: 'x.y', format: 'chr' }, data: String(seq) },
});
const OUTBOX = [itemAt(1), itemAt(2)];

function session(
  alertDelivery: Readonly<Record<string, AlertDelivery>>,
  answers: Parameters<typeof play>[1],
  scene: Partial<Scene> = {},
): Played {
  const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' }, alertDelivery });
  return play({ device: modelDevice(phoneTree()), outbox: OUTBOX, knowledge, ...scene }, answers);
}

/** The number of Generic Alerts in each package. */
const alertsIn = (played: Played) =>
  played.packages.map(({ json }) => (Array.isArray(json.Alert) ? json.Alert : []).filter(({ Data }) => Data).length);

describe('the delivery of alerts', () => {
  test('a refusal by one account leaves the delivery to another one as it is', () => {
    const others = { other: { refusals: 3, size: 2 } };
    const played = session(others, [REFUSED]);
    expect(alertsIn(played)).toEqual([2]);
    expect(played.state.device.alertDelivery).toEqual({ ...others, main: { refusals: 1 } });
  });

  test('the end of a search leaves the delivery to another account as it is', () => {
    const others = { other: { refusals: 3, size: 2 } };
    const played = session({ ...others, main: { refusals: 0, size: 2 } }, []);
    expect(alertsIn(played)).toEqual([2]);
    expect(played.state.device.alertDelivery).toEqual(others);
  });

  test('a Package#1 without alerts asks the device for nothing, although an alert comes from an unknown place', () => {
    const played = session(SEARCHING, [], { outbox: [itemAt(1, './Nowhere')] });
    expect(played.trips).toEqual([]);
    expect(alertsIn(played)).toEqual([0]);
  });

  test('a Package#1 without alerts has its session alert and MOS', () => {
    const account = { ...context.account, alwaysSendMos: true };
    const played = session(SEARCHING, [], { context: { ...context, account } });
    const [first] = played.packages;
    expect(first?.json.Alert).toEqual([{ AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' }]);
    expect(first?.json.MOS).toEqual(expect.arrayContaining([expect.objectContaining({ MOID: expect.any(String) })]));
  });

  test.each([
    ['refused', REFUSED],
    ['taken', { commands: [['END']] }],
  ] as const)('a report that is %s does not count', (_, answer) => {
    const delivery = { main: { refusals: 2 } };
    const report = { AlertType: 'urn:x', DataType: 'int', Data: { DM1x: 200 } };
    const played = session(delivery, [answer], { report });
    expect(alertsIn(played)).toEqual([1]);
    expect(played.state.device.alertDelivery).toEqual(delivery);
    expect(played.effects.filter(({ type }) => type === 'setAside')).toEqual([]);
  });

  test('a refused Package#3 does not count', () => {
    const played = session({}, [{ commands: [['GET', 'bad']] }, REFUSED], { outbox: [] });
    expect(played.packages).toHaveLength(2);
    expect(played.state.device.alertDelivery).toEqual({});
  });
});

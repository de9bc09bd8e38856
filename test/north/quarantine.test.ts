/** Commands under suspicion and in quarantine, as a session executes them; `interruption.test.ts` has the rules. */
import { expect, test } from 'vitest';
import { knowledgeOf } from './model/play.ts';
import { DCMO, KNOWN, onPhone, type PhoneScene } from './model/simulated-device.ts';

const READ = ['GET', `${DCMO}/usb/Property`];
const OTHER = ['GET', `${DCMO}/camera/Property`];
const BAD = ['GET', 'bad'];
const DOCUMENT = ['HGET', 'https://backend.example/data/none', `${DCMO}/usb/Property`];

/** The command after so many interrupted sessions in a row, the last one just before `NOW` of the model. */
function suspect(wire: readonly string[], count: number) {
  return { command: JSON.stringify(wire), count, at: 0 };
}

function playWith(strikes: ReturnType<typeof suspect>[], commands: readonly string[][], scene: PhoneScene = {}) {
  const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData', strikes } });
  const outcome = onPhone(commands, { knowledge, ...scene });
  const left = outcome.state.device.facts.strikes?.map(({ command }) => JSON.parse(command));
  return { outcome, left };
}

test('a command in quarantine gets 500 and is not sent; the next command is executed', () => {
  const { outcome, left } = playWith([suspect(READ, 3)], [READ, OTHER]);
  expect(outcome.statuses).toEqual(['500', '200']);
  expect(outcome.device.log).toEqual(['Get ./DCMO/camera/Property']);
  expect(outcome.effects).toContainEqual({
    type: 'log',
    event: 'command.failed',
    facts: { command: 'GET', index: 0, status: 500, reason: expect.stringContaining('3') },
  });
  expect(left).toEqual([READ]);
});

test('a command in quarantine gets 503 in a session without a device', () => {
  const { outcome } = playWith([suspect(READ, 3)], [READ], { report: { AlertType: 'urn:x' } });
  expect(outcome.statuses).toEqual(['503']);
});

test('a command under suspicion is sent, and its answer ends the suspicion', () => {
  const { outcome, left } = playWith([suspect(READ, 2), suspect(OTHER, 1)], [READ]);
  expect(outcome.statuses).toEqual(['200']);
  expect(left).toEqual([OTHER]);
});

test.each([
  ['GET of an address that cannot be read', BAD, '400'],
  ['HGET of a document that does not exist', DOCUMENT, '419'],
])('the suspicion stays after a command that needs no device: %s', (_, wire, status) => {
  const { outcome, left } = playWith([suspect(wire, 1)], [wire]);
  expect(outcome.statuses).toEqual([status]);
  expect(left).toEqual([wire]);
});

test('the suspicion stays when the device leaves before it answers', () => {
  const { outcome, left } = playWith([suspect(READ, 1)], [READ], { goneAfter: 0 });
  expect(outcome.statuses).toEqual(['503']);
  expect(left).toEqual([READ]);
});

/** A device that answers arbitrarily, for properties that hold with any device. */
import fc from 'fast-check';
import type { Command, Item, SyncmlMessage } from '../../src/syncml/message.ts';
import { alert, CHAL, devInfo, leaf, results, status } from './lock-step.ts';

const CODES = [
  0, 101, 200, 200, 200, 200, 202, 212, 213, 213, 215, 401, 404, 406, 407, 412, 418, 424, 500, 501, 507, 517,
];

/** The answers of the device to a message: a status for each command (-1: none) and for SyncHdr, and more commands by number. */
export interface Behaviour {
  readonly codes: readonly number[];
  readonly header: number;
  readonly extra: readonly number[];
  readonly final: boolean;
  readonly shuffled: boolean;
}

export const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  codes: fc.array(fc.constantFrom(...CODES, -1), { minLength: 1, maxLength: 6 }),
  header: fc.constantFrom(200, 200, 200, 200, 212, 212, 0, 401, 407, -1, 503),
  extra: fc.array(fc.nat({ max: 14 }), { maxLength: 3 }),
  final: fc.boolean(),
  shuffled: fc.boolean(),
});

function extra(choice: number, msgId: number): Command {
  const chunk: Item = { ...leaf('./big', 'part', { size: 8 }), moreData: true };
  const choices: readonly Command[] = [
    alert('1222'),
    alert('1224', [leaf('./e', 'v')]),
    alert('1226', [leaf('./e', 'v', { type: 't', format: 'chr' }), leaf('./f')]),
    devInfo(),
    results(msgId, '2', [leaf('./big', 'whole')]),
    results(msgId, '3', [chunk]),
    results(msgId, '3', [leaf('./big', 'part')]),
    alert('1229', [chunk]),
    alert('1229', [leaf('./big', 'part')]),
    alert('1225'),
    { name: 'Unknown', cmdId: '', element: 'Map' },
    { name: 'Sequence', cmdId: '', members: [alert('1224'), { ...devInfo(), cmdId: '77' }] },
    status(msgId - 1, '2', 'Replace', 200),
    alert('1100'),
    alert('1223'),
  ];
  return choices[choice] ?? alert('1222');
}

/** The device's next message. */
export function react(
  message: SyncmlMessage,
  { codes, header, extra: extras, final, shuffled }: Behaviour,
): { commands: readonly Command[]; final: boolean } {
  const { msgId } = message.header;
  const own = message.commands.flatMap((each) => ('members' in each ? [each, ...each.members] : [each]));
  const answers = own.flatMap((each, index): readonly Command[] => {
    const code = codes[index % codes.length] ?? 200;
    if (each.name === 'Status' || each.name === 'Results' || each.name === 'Unknown' || code < 0) return [];
    const reply = status(msgId, each.cmdId, each.name, code);
    return each.name === 'Get' && code === 200 ? [reply, results(msgId, each.cmdId, [leaf('./x', 'v')])] : [reply];
  });
  const challenge = header === 401 ? { chal: CHAL } : {};
  const first = header < 0 ? [] : [status(msgId, 0, 'SyncHdr', header, challenge)];
  const rest = [...answers, ...extras.map((choice) => extra(choice, msgId))];
  return { commands: [...first, ...(shuffled ? rest.toReversed() : rest)], final };
}

const TAME: Behaviour = { codes: [200], header: 200, extra: [], final: true, shuffled: false };

/** The next message of a device that does everything right: chunks are acknowledged as such. */
export function obey(message: SyncmlMessage): ReturnType<typeof react> {
  const isChunk = message.commands.some((each) => 'items' in each && each.items.some((item) => item.moreData));
  return react(message, isChunk ? { ...TAME, codes: [213], final: false } : TAME);
}

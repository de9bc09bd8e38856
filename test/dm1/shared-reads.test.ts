/** Reads of one target that wait for the same message are sent once, and each command gets the outcome. */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { withCommands, withoutCommands } from '../../src/dm1/shared-reads.ts';

const get = (id: string, target: string): ServerCommand => ({ id, name: 'Get', items: [{ target }] });
const replace = (id: string, target: string): ServerCommand => ({
  id,
  name: 'Replace',
  items: [{ target, data: 'x' }],
});
const shared = (command: ServerCommand, ...sharedBy: readonly string[]): ServerCommand => ({ ...command, sharedBy });

describe('a queue', () => {
  test.each<[string, readonly ServerCommand[], readonly ServerCommand[], readonly ServerCommand[]]>([
    ['the same target', [get('a', './A')], [get('b', './A')], [shared(get('a', './A'), 'b')]],
    ['the same target, among its own', [], [get('a', './A'), get('b', './A')], [shared(get('a', './A'), 'b')]],
    [
      'the same target, for the third time',
      [shared(get('a', './A'), 'b'), get('c', './C')],
      [get('d', './A')],
      [shared(get('a', './A'), 'b', 'd'), get('c', './C')],
    ],
    ['another target', [get('a', './A')], [get('b', './AB')], [get('a', './A'), get('b', './AB')]],
    ['another query', [get('a', './A')], [get('b', './A?prop=ACL')], [get('a', './A'), get('b', './A?prop=ACL')]],
    [
      'the same target behind a change',
      [get('a', './A'), replace('b', './B')],
      [get('c', './A')],
      [get('a', './A'), replace('b', './B'), get('c', './A')],
    ],
    [
      'the same target behind a change among its own',
      [get('a', './A')],
      [replace('b', './A'), get('c', './A')],
      [get('a', './A'), replace('b', './A'), get('c', './A')],
    ],
    ['a change of the same target', [get('a', './A')], [replace('b', './A')], [get('a', './A'), replace('b', './A')]],
  ])('gets a command of %s', (_what, queue, added, expected) => {
    expect(withCommands(queue, added)).toEqual(expected);
  });

  test.each<[string, readonly string[], readonly ServerCommand[]]>([
    ['the first command', ['a'], [shared(get('b', './A'), 'c')]],
    ['the last command', ['c'], [shared(get('a', './A'), 'b')]],
    ['all but one command', ['a', 'b'], [get('c', './A')]],
    ['all commands', ['a', 'b', 'c'], []],
  ])('keeps a shared read without %s as long as one needs it', (_what, ids, expected) => {
    expect(withoutCommands([shared(get('a', './A'), 'b', 'c')], ids)).toEqual(expected);
  });
});

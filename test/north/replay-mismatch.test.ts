/** A session goes on when the program or a mapping changes under it; only the command that no longer fits ends with 500. */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { NorthInput } from '../../src/north/north-input.ts';
import type { NorthEffect, NorthState, NorthStep } from '../../src/north/north-state.ts';
import { openNorthSession, stepNorth } from '../../src/north/step.ts';
import type { TranslationContext } from '../../src/translate/context.ts';
import { NOTHING_KNOWN, withTrees } from '../../src/tree/tree-knowledge.ts';
import { type ModelDevice, modelDevice } from './model/device.ts';
import { context, DATA, document, knowledgeOf, SRV_URI } from './model/play.ts';
import { DCMO, dataOf, KNOWN, onPhone, phoneTree } from './model/simulated-device.ts';

/** The shipped mappings, except that the device has the node `Property` of a capability elsewhere. */
const changedContext: TranslationContext = {
  ...context,
  index: new MoIndex(
    loadMappings().mappings.map((mapping): MoMapping => {
      if (mapping.moid !== DCMO) return mapping;
      return { ...mapping, renames: [...mapping.renames, { from: ['Property'], to: ['Other'] }] };
    }),
  ),
};
const changed = (afterTrip: number) => ({ afterTrip, context: changedContext });

const USB = `${DCMO}/usb`;
const CAMERA = `${DCMO}/camera`;

function mismatches(effects: readonly NorthEffect[]): readonly unknown[] {
  return effects.flatMap((effect) =>
    effect.type === 'log' && effect.event === 'workflow.replay_mismatch' ? [effect.facts] : [],
  );
}

/** The LocURIs of the changes that each effect reports. */
function changesIn(effects: readonly NorthEffect[]): readonly (readonly string[])[] {
  return effects.flatMap((effect) =>
    effect.type === 'treeChanged' ? [effect.changes.map(({ locUri }) => locUri)] : [],
  );
}

describe('a mapping that changes while commands wait for the device', () => {
  test('a command that would read another node ends with 500; the other commands and the session go on', () => {
    const commands = [
      ['GET', `${USB}/Enabled`],
      ['GET', `${USB}/Property`],
      ['GET', `${CAMERA}/Enabled`],
    ];
    const outcome = onPhone(commands, { changed: changed(1) });
    expect(outcome.statuses).toEqual(['200', '500', '200']);
    expect(mismatches(outcome.effects)).toEqual([{ command: 'GET', index: 1, step: expect.any(Number) }]);
    expect(outcome.state.north).toMatchObject({ phase: 'ended', endReason: 'END' });
  });

  test('a command that had only read writes nothing any more, and no node leaves the cache', () => {
    const repository = () => document('new', 'text/plain');
    const outcome = onPhone([['HGET', DATA, `${USB}/Property`]], { changed: changed(1), repository });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.log).toEqual(['Get ./DCMO/usb/Property']);
    expect(changesIn(outcome.effects)).toEqual([]);
  });

  test('the nodes that the command had written are reported as changed a second time', () => {
    const commands = [
      ['GET', `${CAMERA}/`],
      ['DELETE', `${USB}/Property`],
      ['GET', `${USB}/`],
    ];
    const outcome = onPhone(commands, { changed: changed(1) });
    expect(outcome.statuses).toEqual(['200', '500', '200']);
    expect(changesIn(outcome.effects)).toEqual([['./DCMO/usb/Property'], ['./DCMO/usb/Property']]);
    expect(outcome.device.log).toEqual([
      'Get ./DCMO/camera?list=StructData',
      'Delete ./DCMO/usb/Property',
      'Get ./DCMO/usb?list=StructData',
    ]);
    expect(dataOf(outcome, 2)).not.toHaveProperty('0.MOData.usb.Property');
  });
});

/** A session that is driven by hand, as far as its first commands for the device. */
interface Driven {
  readonly device: ModelDevice;
  readonly state: NorthState;
  readonly commands: readonly ServerCommand[];
}

const environment = { context, version: '1.2', at: 0, maxCommands: 5_000, outbox: [] } as const;

function driven(step: NorthStep): Driven {
  const commands = step.effects.flatMap((effect) => (effect.type === 'deviceCommands' ? effect.commands : []));
  return { device: modelDevice(phoneTree()), state: step.state, commands };
}

function executing(...wires: readonly (readonly string[])[]): Driven {
  const device = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
  const opened = stepNorth(environment, { north: openNorthSession('n', SRV_URI), device }, { type: 'opened' });
  const id = opened.state.north.phase === 'posting' ? opened.state.north.post.id : '';
  const reply = { status: 200, headers: {}, body: { text: JSON.stringify({ CMD: wires }) } };
  return driven(stepNorth(environment, opened.state, { type: 'replied', id, reply }));
}

function starting(): Driven {
  const account = { ...context.account, alwaysSendMos: true };
  const surroundings = { ...environment, context: { ...context, account } };
  const state = { north: openNorthSession('n', SRV_URI), device: knowledgeOf() };
  return driven(stepNorth(surroundings, state, { type: 'opened' }));
}

/** The state as another process finds it, whose program makes another request than the first one in the log. */
function withChangedProgram({ north, device }: NorthState): NorthState {
  if (!('runs' in north)) throw new Error(`no commands in the phase ${north.phase}`);
  const runs = north.runs.map((run) => {
    const [first, ...others] = run.replayLog;
    return first === undefined ? run : { ...run, replayLog: [{ ...first, fingerprint: 'another' }, ...others] };
  });
  return JSON.parse(JSON.stringify({ north: { ...north, runs }, device }));
}

function outcomesOf({ device, commands }: Driven): Extract<NorthInput, { type: 'outcomes' }> {
  return { type: 'outcomes', outcomes: commands.map((command) => device.execute(command)) };
}

describe('a program that changes while a command waits for the device', () => {
  test('a command of a changed program ends with 500 when the device has answered', () => {
    const session = executing(['GET', `${USB}/Property`]);
    const step = stepNorth(environment, withChangedProgram(session.state), outcomesOf(session));
    expect(mismatches(step.effects)).toEqual([{ command: 'GET', index: 0, step: 0 }]);
    expect(JSON.stringify(step.effects)).toContain('\\"sc\\":500');
    expect(step.state.north.phase).toBe('posting');
  });

  test('the bridge awaits all outstanding Statuses of the command, and drops them', () => {
    const session = executing(['DELETE', `${USB}/Property`], ['GET', `${CAMERA}/Property`]);
    const [deleted, read] = outcomesOf(session).outcomes;
    if (deleted === undefined || read === undefined) throw new Error('two commands expected');
    const first = stepNorth(environment, withChangedProgram(session.state), { type: 'outcomes', outcomes: [read] });
    expect(mismatches(first.effects)).toEqual([{ command: 'GET', index: 1, step: 0 }]);
    expect(first.state.north).toMatchObject({ phase: 'executing', runs: [{ pending: { kind: 'device' } }, {}] });
    const second = stepNorth(environment, first.state, { type: 'outcomes', outcomes: [deleted] });
    expect(mismatches(second.effects)).toEqual([{ command: 'DELETE', index: 0, step: 0 }]);
    expect(changesIn(second.effects)).toEqual([['./DCMO/usb/Property']]);
    expect(second.state.north.phase).toBe('posting');
  });

  test('the session forgets the trees in which the command had written, and no others', () => {
    const session = executing(['DELETE', `${USB}/Property`]);
    const { north, device } = withChangedProgram(session.state);
    if (north.phase !== 'executing') throw new Error(`unexpected phase ${north.phase}`);
    const tree = { name: 'usb', format: 'node', children: [] } as const;
    const places = ['./DCMO/usb', './DCMO/camera'].map(parseLocUri);
    const knowledge = withTrees(
      NOTHING_KNOWN,
      places.map((locUri) => ({ locUri, tree })),
    );
    const step = stepNorth(environment, { north: { ...north, knowledge }, device }, outcomesOf(session));
    expect(step.state.north).toMatchObject({ knowledge: { trees: [{ locUri: './DCMO/camera', tree }] } });
  });

  test('Package#1 leaves without MOS when the workflow that prepares it has changed', () => {
    const session = starting();
    const step = stepNorth(environment, withChangedProgram(session.state), outcomesOf(session));
    expect(mismatches(step.effects)).toEqual([{ command: 'Package#1', index: 0, step: 0 }]);
    const request = step.effects.find((effect) => effect.type === 'request');
    expect(request).toMatchObject({
      purpose: 'package',
      request: { body: { text: expect.not.stringContaining('MOS') } },
    });
    expect(step.state.north).toMatchObject({ phase: 'posting', post: { package: 1 } });
  });

  test('a changed program is noticed when the device has left, too', () => {
    const session = executing(['DELETE', `${USB}/Property`]);
    const step = stepNorth(environment, withChangedProgram(session.state), { type: 'deviceGone' });
    expect(mismatches(step.effects)).toHaveLength(1);
    expect(step.state.north.phase).toBe('posting');
  });
});

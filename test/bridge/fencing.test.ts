/** A process that stood still for too long must not undo what another one has done meanwhile (design: cluster). */
import { describe, expect, it } from 'vitest';
import { packageOne } from '../e2e/scripted-device.ts';
import { BRUCE, commands, DEV_TYP, later, noCommands, Scene, settle, statusesIn } from './scene.ts';

describe.each(['memory', 'sqlite'] as const)('two processes over one %s store', (store) => {
  it('field note 25: what the first wakes up with is refused, whole; the device has one answer', async () => {
    const slow = later();
    const scene = await Scene.open({ store, script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = scene.post(packageOne(BRUCE)).catch((error: unknown) => error);
    await settle();
    expect(scene.requests).toHaveLength(1);

    scene.takeOver();
    const answer = await scene.say(packageOne(BRUCE));
    await scene.drained();
    const afterwards = await scene.state();
    expect(afterwards.session?.closedAt).toBeDefined();

    slow.arrive(commands(['GET', DEV_TYP]));
    expect(await first).toMatchObject({ code: 'ERR_STORE_STALE' });
    await settle();
    expect(await scene.state()).toEqual(afterwards);
    expect(await scene.say(packageOne(BRUCE))).toEqual(answer);
    expect(scene.packages().map(statusesIn)).toEqual([undefined]);
  });
});

/** Runs a background task at an interval, one run at a time, until it is stopped. */
import type { Clock } from '../../bridge/ports.ts';
import type { Journal } from '../../log-events.ts';

export interface Repetition {
  /** Stops the repetition; resolves when the current run has ended. */
  stop(): Promise<void>;
}

/** Runs `task` every `interval` milliseconds. An error of the task is logged, and the task runs again. */
export function repeat(task: () => Promise<void>, interval: number, clock: Clock, journal: Journal): Repetition {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  const loop = async () => {
    while (!stopped) {
      const pause = clock.after(interval);
      await Promise.race([pause.done, stopping.promise]);
      pause.cancel();
      if (!stopped) await task().catch((error: unknown) => journal.log('background.failed', { error }));
    }
  };
  const ended = loop();
  return {
    stop() {
      stopped = true;
      stopping.resolve();
      return ended;
    },
  };
}

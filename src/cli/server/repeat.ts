/** Runs a background task again and again, one at a time, until it is stopped. */
import type { Clock } from '../../bridge/ports.ts';
import type { Journal } from '../../log-events.ts';

export interface Repetition {
  /** Resolves when the run that is under way has ended; there is no other after it. */
  stop(): Promise<void>;
}

/** Runs `task` every `interval` milliseconds; what it throws is logged, and it runs again. */
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

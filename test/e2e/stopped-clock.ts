/**
 * Loaded into a bridge under test before its own code: its wall clock stays at `STOPPED_AT`, in every process of that
 * bridge. Stored answers and nonces then do not expire because the machine is slow. Timers still run.
 */
const stoppedAt = Number(process.env.STOPPED_AT);
Date.now = () => stoppedAt;

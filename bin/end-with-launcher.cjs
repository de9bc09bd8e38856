'use strict';
// Loaded before the bridge when dmbridge.cjs starts it in a process of its own. A launcher that was killed cannot pass on signals;
// without this file, the bridge would keep running with its ports and its store.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel.unref();

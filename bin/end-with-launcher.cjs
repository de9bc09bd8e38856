'use strict';
// Loaded before the bridge when dmbridge.cjs had to start it on another Node: a launcher that was killed passes on no
// signal any more, and a bridge that lived on would keep its ports and its store.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel.unref();

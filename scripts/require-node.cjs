'use strict';
// Every npm script runs this first. npm finds node_modules/.bin/node before the machine's own Node. When the packaged runtime
// is absent and the machine's Node is too old, this prints the reason; otherwise the first line of TypeScript would fail.
const wanted = [24, 15];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) process.exit(0);
console.error(
  `dmbridge needs Node ${wanted.join('.')} or newer and found ${process.versions.node}. ` +
    'It comes with the project as an optional dependency: run "npm ci" without --omit=optional.',
);
process.exit(2);

#!/usr/bin/env node
'use strict';
// Runs src/main.ts, or dist/main.js of the published package, on a Node that is new enough. Any Node can run this file.
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// Without --disable-sigusr1, SIGUSR1 opens a debugger to everybody on this machine.
const FLAGS = ['--disable-sigusr1'];
const given = [...process.execArgv, ...(process.env.NODE_OPTIONS || '').split(/\s+/)];
const missing = FLAGS.filter((flag) => !given.includes(flag));

const root = join(__dirname, '..');
const entry = [join(root, 'src', 'main.ts'), join(root, 'dist', 'main.js')].find(existsSync);
const runtime = findRuntime();
if (entry === undefined || runtime === undefined) {
  console.error(
    entry === undefined
      ? 'dmbridge: neither src/main.ts nor dist/main.js is there'
      : `dmbridge needs Node 24.15 or newer and found ${process.versions.node}; run "npm ci" without --omit=optional`,
  );
  process.exit(2);
}

if (runtime === process.execPath && missing.length === 0) {
  // Without a second process, signals to this process reach the bridge.
  import(pathToFileURL(entry).href);
} else {
  launch();
}

function launch() {
  // Another Node may not know the options of this one.
  const options = runtime === process.execPath ? [...process.execArgv, ...missing] : FLAGS;
  const main = ['--require', join(__dirname, 'end-with-launcher.cjs'), entry];
  const args = [...options, ...main, ...process.argv.slice(2)];
  const child = spawn(runtime, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  process.on('SIGUSR1', () => {});
  child.on('error', (error) => {
    console.error(`dmbridge: ${error.message}`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function findRuntime() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const folders = [join(root, 'node_modules'), join(root, '..')];
  const name = `node-${process.platform}-${process.arch}`;
  return folders.map((folder) => join(folder, name, 'bin', 'node')).find(existsSync);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 15);
}

/**
 * The `dmbridge` command line: which command runs. Each is loaded only when it is asked for.
 */
import { readFileSync } from 'node:fs';
import { EXIT, print, reportFailure, say } from './cli/command-line.ts';

interface Command {
  readonly usage: string;
  readonly does: string;
  /** Absent: not built yet. */
  readonly load?: () => Promise<(args: readonly string[]) => Promise<number>>;
}

const CONFIG = '[--config FILE]';

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { usage: CONFIG, does: 'run the bridge', load: async () => (await import('./cli/serve.ts')).runServe },
  demo: {
    usage: '[--once]',
    does: 'bridge, reference backend and simulated devices, all on this machine',
    load: async () => (await import('./cli/demo.ts')).runDemo,
  },
  check: {
    usage: CONFIG,
    does: 'check configuration, mappings and devices file',
    load: async () => (await import('./cli/check.ts')).runCheck,
  },
  import: {
    usage: `FILE ${CONFIG}`,
    does: 'import device credentials (CSV)',
    load: async () => (await import('./cli/import.ts')).runImport,
  },
  device: {
    usage: '…',
    does: 'simulated legacy devices',
    load: async () => (await import('./cli/device.ts')).runDevice,
  },
  backend: {
    usage: '…',
    does: 'reference DM 2.0 Server',
    load: async () => (await import('./cli/device.ts')).runBackend,
  },
  translate: {
    usage: '[--from KIND] [--json] FILE|-',
    does: 'translate a message, TNDS, DDF, ACL or Package#2 offline',
    load: async () => (await import('./cli/translate.ts')).runTranslate,
  },
  devices: { usage: '…', does: 'list devices' },
  trace: { usage: '…', does: 'print or export a session' },
};

function product(): { readonly version: string; readonly description: string } {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
}

function help(): string {
  const { version, description } = product();
  const lines = Object.entries(COMMANDS).map(
    ([name, { usage, does, load }]) =>
      `  ${`${name} ${usage}`.padEnd(28)} ${does}${load === undefined ? ' (not built yet)' : ''}`,
  );
  return `dmbridge ${version}: ${description}\n\nUsage: dmbridge COMMAND\n\n${lines.join('\n')}\n
  --version, --help

--config is dmbridge.yaml when absent. Exit codes: 0 done, 1 failed, 2 usage or configuration.`;
}

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    print(product().version);
    return EXIT.done;
  }
  if (name === '--help' || name === '-h') {
    print(help());
    return EXIT.done;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    say(name === undefined ? help() : `dmbridge: there is no command "${name}"; see dmbridge --help`);
    return EXIT.usage;
  }
  if (command.load === undefined) {
    say(`dmbridge: ${name} is not built yet`);
    return EXIT.usage;
  }
  try {
    return await (await command.load())(rest);
  } catch (error) {
    return reportFailure(error);
  }
}

process.exit(await run(process.argv.slice(2)));

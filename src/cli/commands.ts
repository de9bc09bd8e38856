/**
 * The commands of `dmbridge`.
 *
 * Each command has a file beside this one, which is loaded when the command runs.
 */
import { readFileSync } from 'node:fs';
import { EXIT, print, printError, reportFailure } from './command-line.ts';

interface Command {
  /** The arguments, for the help. */
  readonly usage: string;
  readonly summary: string;
  /** Loads the function that runs the command and returns its exit code; absent while the command is not built. */
  readonly load?: () => Promise<(args: readonly string[]) => Promise<number>>;
}

const CONFIG = '[--config FILE]';

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: CONFIG,
    summary: 'run the bridge',
    load: async () => (await import('./serve.ts')).runServe,
  },
  demo: {
    usage: '[--once]',
    summary: 'bridge, reference backend and simulated devices, all on this machine',
    load: async () => (await import('./demo.ts')).runDemo,
  },
  check: {
    usage: CONFIG,
    summary: 'check configuration, mappings and devices file',
    load: async () => (await import('./check.ts')).runCheck,
  },
  import: {
    usage: `FILE ${CONFIG}`,
    summary: 'import device credentials (CSV)',
    load: async () => (await import('./import.ts')).runImport,
  },
  store: {
    usage: `info|backup FILE ${CONFIG}`,
    summary: 'facts of the store; copy of a store that may be in use',
    load: async () => (await import('./store.ts')).runStore,
  },
  health: {
    usage: CONFIG,
    summary: 'ask whether the bridge is ready: exit code 0 or 1',
    load: async () => (await import('./health.ts')).runHealth,
  },
  device: {
    usage: '…',
    summary: 'simulated legacy devices',
    load: async () => (await import('./device.ts')).runDevice,
  },
  backend: {
    usage: '…',
    summary: 'reference DM 2.0 Server',
    load: async () => (await import('./backend.ts')).runBackend,
  },
  translate: {
    usage: '[--from KIND] [--json] FILE|-',
    summary: 'translate a message, TNDS, DDF, ACL or Package#2 offline',
    load: async () => (await import('./translate.ts')).runTranslate,
  },
  devices: { usage: '…', summary: 'list devices' },
  trace: { usage: '…', summary: 'print or export a session' },
};

/**
 * Runs `dmbridge` with its arguments and returns the exit code. Errors are printed.
 * @param args the name of the command, then its arguments; or an option
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  switch (name) {
    case '--version':
      print(readPackage().version);
      return EXIT.done;
    case '--help':
    case '-h':
      print(helpText());
      return EXIT.done;
    case undefined:
      printError(helpText());
      return EXIT.usage;
    default:
      return runNamed(name, rest);
  }
}

async function runNamed(name: string, args: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    printError(`dmbridge: there is no command "${name}"; see dmbridge --help`);
    return EXIT.usage;
  }
  if (command.load === undefined) {
    printError(`dmbridge: ${name} is not built yet`);
    return EXIT.usage;
  }
  try {
    const run = await command.load();
    return await run(args);
  } catch (error) {
    return reportFailure(error);
  }
}

function helpText(): string {
  const { version, description } = readPackage();
  const lines = Object.entries(COMMANDS).map(([name, { usage, summary, load }]) => {
    const remark = load === undefined ? ' (not built yet)' : '';
    return `  ${`${name} ${usage}`.padEnd(28)} ${summary}${remark}`;
  });
  return `dmbridge ${version}: ${description}

Usage: dmbridge COMMAND

${lines.join('\n')}

  --version, --help

--config is dmbridge.yaml when absent. Exit codes: 0 done, 1 failed, 2 usage or configuration.`;
}

function readPackage(): { readonly version: string; readonly description: string } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
}

/**
 * The architecture as data: who may import whom, and what the pure core must not touch.
 *
 * The first import outside the table fails here; docs/ARCHITECTURE.md draws the same table.
 */
import { describe, expect, test } from 'vitest';
import {
  findCycle,
  packageOf,
  readSourceFiles,
  resolveImport,
  type SourceFile,
  toSourceFile,
} from './support/source-files.ts';

interface Rule {
  /** Narrower than the steps below: rooms and top-level files (without `.ts`), or single files (`bridge/ports.ts`). */
  readonly sees?: readonly string[];
  /** Packages and Node modules that any file of the folder may use. */
  readonly packages?: readonly string[];
  /** What only one file of the folder may use. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

const ANY = '*';

/**
 * The rooms in the order of imports, lowest first: a file imports from its own room and from rooms of the steps below it.
 * Rooms of one step do not see each other, unless `SAME_STEP` says so.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    'bounded-map',
    'errors',
    'http-status',
    'json-schema',
    'json-text',
    'log-events',
    'long-work',
    'mutable',
    'typed-entries',
  ],
  ['wbxml', 'mo'],
  ['syncml'],
  ['xml-data'],
  ['dm1', 'dm2'],
  ['mapping'],
  ['cache'],
  ['device'],
  ['translate'],
  ['interaction'],
  ['workflow'],
  ['tree'],
  ['rights'],
  ['commands'],
  ['north'],
  ['auth'],
  ['notification'],
  ['routing'],
  ['bridge'],
  ['store', 'http', 'config', 'offline', 'log', 'observe'],
  ['testbed'],
  ['cli'],
  ['main', 'index'],
];

/** Files of the lowest step that know one another. */
const SAME_STEP: Readonly<Record<string, readonly string[]>> = {
  errors: ['http-status'],
  'json-schema': ['errors'],
  http: ['log'],
};

/** What a room may use beside the rooms below it, and what of them it may not. */
const RULES: Readonly<Record<string, Rule>> = {
  'json-schema': { packages: ['ajv', 'ajv-draft-04'] },
  config: {
    packages: ['yaml', 'node:fs', 'node:os', 'node:path', 'node:net', 'node:tls'],
    sees: [
      'errors',
      'json-schema',
      'mutable',
      'auth/certificate-rule.ts',
      'device/credentials.ts',
      'dm2/server-uri.ts',
      'notification',
      'routing',
    ],
  },
  observe: { packages: ['prom-client'], sees: ['log-events', 'mutable'] },
  log: { packages: ['pino'], sees: ['errors', 'json-schema', 'log-events'] },
  dm1: {
    // Data of a message may be markup, which is kept as the neutral tree (TNDS).
    sees: ['errors', 'log-events', 'mutable', 'syncml', 'mo', 'xml-data', 'wbxml/element.ts'],
    only: { 'dm1/digest.ts': ['node:crypto'] },
  },
  dm2: {
    sees: ['errors', 'json-schema', 'json-text', 'long-work', 'mutable', 'mo'],
    only: { 'dm2/cache-validator.ts': ['node:crypto'] },
  },
  mapping: { only: { 'mapping/load.ts': ['node:fs', 'node:path', 'node:url'], 'mapping/yaml-file.ts': ['yaml'] } },
  interaction: {
    packages: ['parse5', 'tough-cookie'],
    sees: ['errors', 'http-status', 'mutable', 'syncml', 'dm1', 'dm2'],
  },
  auth: { packages: ['node:crypto'] },
  notification: {
    sees: [
      'errors',
      'http-status',
      'mutable',
      'mo',
      'mapping',
      'device',
      'dm1/digest.ts',
      'syncml',
      'wbxml/element.ts',
    ],
    packages: ['node:crypto'],
  },
  routing: {
    sees: ['bounded-map', 'errors', 'device/dev-id.ts', 'device/dev-info.ts', 'dm1', 'mo', 'syncml'],
    packages: ['node:crypto', 'node:net'],
  },
  bridge: { packages: ['node:crypto'] },
  device: { packages: [] },
  store: {
    sees: [
      'errors',
      'log-events',
      'mutable',
      'device',
      'notification/notification.ts',
      'bridge/ports.ts',
      'bridge/session.ts',
    ],
    packages: ['lru-cache', 'node:sqlite', 'node:crypto', 'node:fs', 'node:path', 'node:timers'],
    only: { 'store/packed-text.ts': ['node:zlib'] },
  },
  http: {
    sees: [
      'errors',
      'http-status',
      'log',
      'log-events',
      'mutable',
      'auth',
      'bridge',
      'notification',
      'routing',
      'dm2',
      'device/dev-id.ts',
      'syncml/parse.ts',
      // Names of media types, and the readers of long documents.
      'interaction/page.ts',
      'interaction/page-content.ts',
      'syncml/embedded-document.ts',
      'tree/writing/tnds-content.ts',
      'wbxml/element.ts',
    ],
    packages: [
      'koa',
      '@koa/router',
      'undici',
      'node:http',
      'node:https',
      'node:tls',
      'node:crypto',
      'node:net',
      'node:dns',
      'node:fs',
    ],
    only: {
      'http/content-codings.ts': ['node:zlib', 'node:util'],
      'http/delivery/wap-udp.ts': ['node:dgram', 'node:dns/promises'],
      'http/large-documents.ts': ['node:worker_threads'],
      'http/large-documents-worker.ts': ['node:worker_threads'],
    },
  },
  // A device and a backend for the laboratory, written from their own specifications: of the protocols only names of codes.
  testbed: {
    sees: [
      'errors',
      'http-status',
      'json-schema',
      'syncml/alert-codes.ts',
      'syncml/status-codes.ts',
      'dm2/status-codes.ts',
    ],
    packages: [ANY],
  },
  cli: { packages: [ANY] },
  main: { packages: [ANY] },
};

/** Only the edge reads files: the loader of mappings is handed in. */
const EDGE_ONLY = ['mapping/load.ts'];

/** The programs that bring the laboratory along. */
const IMPORTS_TESTBED = ['cli', 'main', 'index'];

/** Where time, chance, timers, sockets and the process may be used; elsewhere they are arguments. */
const WORLDLY = ['http', 'store', 'config', 'log', 'observe', 'cli', 'testbed', 'main', 'index'];
const WORLD =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bfetch\(|\bprocess\./u;

/** Files that are tables rather than prose; the only ones that may be longer than 300 lines. */
const TABLES = ['wbxml/code-pages.ts', 'dm2/package-schema.ts', 'log-events.ts'];

const files = readSourceFiles('src');

function unitOf(path: string): string {
  const [head = ''] = path.split('/');
  return head.replace(/\.ts$/u, '');
}

function stepOf(unit: string): number {
  return STEPS.findIndex((units) => units.includes(unit));
}

function offences(file: SourceFile): readonly string[] {
  if (stepOf(unitOf(file.path)) < 0) return [`${file.path}: no step for this room`];
  return file.imports.flatMap(({ specifier }) => {
    const target = resolveImport(file.path, specifier);
    const fine = target === undefined ? mayUse(file.path, packageOf(specifier)) : mayImport(file.path, target);
    return fine ? [] : [`${file.path} → ${specifier}`];
  });
}

function mayUse(path: string, name: string): boolean {
  const rule = RULES[unitOf(path)];
  return [...(rule?.packages ?? []), ...(rule?.only?.[path] ?? [])].some((one) => one === ANY || one === name);
}

function mayImport(path: string, target: string): boolean {
  const [unit, other] = [unitOf(path), unitOf(target)];
  if (other === unit) return true;
  const sees = RULES[unit]?.sees;
  if (sees?.includes(target)) return true;
  if (stepOf(other) >= stepOf(unit)) return SAME_STEP[unit]?.includes(other) === true;
  if (EDGE_ONLY.includes(target) && !WORLDLY.includes(unit)) return false;
  if (other === 'testbed' && !IMPORTS_TESTBED.includes(unit)) return false;
  return sees === undefined || sees.includes(other);
}

function lineOf(file: SourceFile, pattern: RegExp): string | undefined {
  const at = file.code.search(pattern);
  return at < 0 ? undefined : `${file.path}:${file.code.slice(0, at).split('\n').length}`;
}

function found(pattern: RegExp, among: readonly SourceFile[] = files): readonly string[] {
  return among.flatMap((file) => lineOf(file, pattern) ?? []);
}

describe('who may import whom', () => {
  test('there are source files to judge', () => expect(files.length).toBeGreaterThan(9));

  test.each(files.map((file) => [file.path, file] as const))('%s keeps to the table', (_path, file) => {
    expect(offences(file)).toEqual([]);
  });

  test('there is no cycle', () => expect(findCycle(files)).toBeUndefined());

  test('ajv, yaml and fast-xml-parser each stay in one place', () => {
    const users = (name: string): readonly string[] => [
      ...new Set(
        files
          .filter((file) => file.imports.some(({ specifier }) => packageOf(specifier) === name))
          .map((file) => unitOf(file.path)),
      ),
    ];
    expect(users('ajv')).toEqual(['json-schema']);
    expect(users('fast-xml-parser').filter((unit) => unit !== 'testbed')).toEqual([]);
    expect(users('yaml').filter((unit) => !['config', 'mapping', 'cli', 'testbed'].includes(unit))).toEqual([]);
  });
});

describe('how files are written', () => {
  const pure = files.filter((file) => !WORLDLY.includes(unitOf(file.path)));

  test('time, chance, timers, sockets and process stay at the edge', () => expect(found(WORLD, pure)).toEqual([]));

  test('there are no default exports', () => expect(found(/\bexport\s+default\b|\bas\s+default\b/u)).toEqual([]));

  test('there are no barrels but the entry points of the package, which no file imports', () => {
    const barrels = files.filter((file) => /(?:^|\/)index\.ts$/u.test(file.path)).map((file) => file.path);
    expect(barrels).toEqual(['index.ts', 'wbxml/index.ts']);
    expect(found(/^export\s+\*/mu)).toEqual([]);
    expect(found(/from '[./\w-]*\/index\.ts'/u)).toEqual([]);
  });

  test('there is nothing that type stripping cannot take away', () => {
    expect(found(/^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/mu)).toEqual([]);
    expect(found(/^\s*(?:export\s+)?(?:declare\s+)?namespace\s+\w/mu)).toEqual([]);
    expect(found(/constructor\(\s*(?:[^)]*,\s*)?(?:public|private|protected|readonly)\s+\w+\??\s*:/u)).toEqual([]);
  });

  test('only the session machine gives a DM 1.x session its phase', () => {
    const phase = /(?<!readonly )\bphase: '(?:initializing|awaitingDevice|ready|sendingObject|closed)'/u;
    const writers = files.filter(({ path, text }) => /^(?:dm1|bridge)\//u.test(path) && phase.test(text));
    expect(writers.map(({ path }) => path)).toEqual(['dm1/session.ts']);
  });

  test('no file is longer than 300 lines, tables excepted', () => {
    const long = files.filter((file) => !TABLES.includes(file.path) && file.text.trimEnd().split('\n').length > 300);
    expect(long.map((file) => `${file.path} (${file.text.trimEnd().split('\n').length})`)).toEqual([]);
  });

  test('no function is longer than 60 lines', () => expect(files.flatMap(longFunctions)).toEqual([]));
});

/** Declared functions, up to the closing brace at the same indentation, which the formatter guarantees. */
function longFunctions(file: SourceFile): readonly string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, start) => {
    const head = /^( *)(?:export )?(?:async )?function\b/u.exec(line);
    if (head === null) return [];
    const end = lines.findIndex((other, at) => at > start && other === `${head[1]}}`);
    const length = end - start + 1;
    return length > 60 ? [`${file.path}:${start + 1} (${length})`] : [];
  });
}

describe('the judge itself', () => {
  const judge = (path: string, text: string): readonly string[] => offences(toSourceFile(path, text));

  test.each([
    ['dm1 sees dm2', 'dm1/x.ts', "import type { A } from '../dm2/package.ts';"],
    ['dm2 sees dm1', 'dm2/x.ts', "export { a } from '../dm1/session.ts';"],
    ['the core reads files', 'dm1/x.ts', "import { readFileSync } from 'node:fs';"],
    ['translate loads mappings', 'translate/x.ts', "import { loadMappings } from '../mapping/load.ts';"],
    ['bridge opens sockets', 'bridge/x.ts', "import {\n  request,\n} from 'undici';"],
    ['an import points upward', 'tree/x.ts', "import type { NorthSession } from '../north/north-session.ts';"],
    ['the bridge sees the offline translation', 'bridge/x.ts', "import { translate } from '../offline/document.ts';"],
    ['the store sees the orchestrator', 'store/x.ts', "import { createBridge } from '../bridge/bridge.ts';"],
    ['http sees the testbed', 'http/x.ts', "import { a } from '../testbed/backend.ts';"],
    ['a second file of dm1 hashes', 'dm1/x.ts', "import { createHash } from 'node:crypto';"],
    ['a late import', 'dm1/x.ts', "const a = await import('../http/admin-app.ts');"],
    ['a room without a step', 'newcomer/x.ts', ''],
  ])('refuses: %s', (_name, path, text) => expect(judge(path, text)).toHaveLength(1));

  test('allows what the table allows', () => {
    expect(
      judge(
        'dm1/digest.ts',
        "import { createHash } from 'node:crypto';\nimport type { Cred } from '../syncml/message.ts';",
      ),
    ).toEqual([]);
    expect(judge('store/sqlite.ts', "import type { Store } from '../bridge/ports.ts';")).toEqual([]);
  });

  test('finds a cycle', () => {
    const a = toSourceFile('dm1/a.ts', "import { b } from './b.ts';");
    const b = toSourceFile('dm1/b.ts', "import { a } from './a.ts';");
    expect(findCycle([a, b])).toEqual(['dm1/a.ts', 'dm1/b.ts', 'dm1/a.ts']);
  });

  test('does not mistake prose for code', () => {
    const prose = toSourceFile('dm1/a.ts', "// never Date.now here\nconst a = 'fetch(1)'; /* process.exit */\n");
    expect(found(WORLD, [prose])).toEqual([]);
    expect(found(WORLD, [toSourceFile('dm1/a.ts', 'const at = Date.now();')])).toEqual(['dm1/a.ts:1']);
  });

  test('finds a long function', () => {
    const body = Array.from({ length: 60 }, () => '  a();').join('\n');
    expect(longFunctions(toSourceFile('dm1/a.ts', `export function f() {\n${body}\n}\n`))).toEqual(['dm1/a.ts:1 (62)']);
  });
});

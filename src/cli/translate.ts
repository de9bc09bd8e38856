/** `dmbridge translate`: prints the translation of one document of either protocol, without a device. */
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { loadMappings } from '../mapping/load.ts';
import { MoIndex } from '../mapping/mo-index.ts';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  type Translated,
  type TranslationOptions,
  translateDocument,
} from '../offline/document.ts';
import { EXIT, parseArguments, print, printError, readConfig, UsageError } from './command-line.ts';

/** The Data Repository of the translation unless `--repository` names one; no host has this name (RFC 6761 §6.4). */
const DEFAULT_REPOSITORY = 'http://repository.invalid/';

/** Prints the translation on stdout and warnings on stderr; with `--json` prints both as one JSON value on stdout. */
export async function runTranslate(args: readonly string[]): Promise<number> {
  const { file, from, json, repository, config } = parseTranslateArguments(args);
  const { mappings, status } = loadMappings(config === undefined ? [] : readConfig(config).mappings);
  const context: TranslationOptions = { index: new MoIndex(mappings), statusTable: status, repository };
  const translation = translateDocument(readFileSync(file === '-' ? 0 : file), context, from);
  const { warnings } = translation;
  if (json) {
    const output = translation.to === 'mapping' ? toYaml(translation.output) : translation.output;
    print(JSON.stringify({ from: translation.from, to: translation.to, output, warnings }, null, 2));
    return EXIT.done;
  }
  print(toText(translation));
  for (const { code, message, at } of warnings) printError(`${code} ${at}: ${message}`);
  return EXIT.done;
}

interface TranslateArguments {
  /** `-` is standard input. */
  readonly file: string;
  /** Undefined: guessed from the content. */
  readonly from: DocumentKind | undefined;
  readonly json: boolean;
  readonly repository: string;
  readonly config: string | undefined;
}

function parseTranslateArguments(args: readonly string[]): TranslateArguments {
  const { values, positionals } = parseArguments({
    args: [...args],
    options: {
      from: { type: 'string' },
      json: { type: 'boolean', default: false },
      repository: { type: 'string', default: DEFAULT_REPOSITORY },
      config: { type: 'string', short: 'c' },
    },
    allowPositionals: true,
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('expected one FILE, or - for standard input');
  const from = DOCUMENT_KINDS.find((kind) => kind === values.from);
  if (values.from !== undefined && from === undefined) {
    throw new UsageError(`--from is one of ${DOCUMENT_KINDS.join(', ')}`);
  }
  if (!URL.canParse(values.repository)) throw new UsageError('--repository is a URL');
  return { file, from, json: values.json, repository: values.repository, config: values.config };
}

function toText(translated: Translated): string {
  if (translated.to === 'mapping') return toYaml(translated.output).trimEnd();
  return typeof translated.output === 'string' ? translated.output : JSON.stringify(translated.output, null, 2);
}

/** One YAML document per mapping, because each mapping becomes a file of its own. */
function toYaml(files: readonly object[]): string {
  return files.map((file) => stringify(file, { lineWidth: 120 })).join('---\n');
}

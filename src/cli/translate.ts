/**
 * `dmbridge translate`: one document of either side, and what the other side would see, without a device.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { loadMappings } from '../mapping/load.ts';
import { MoIndex } from '../mapping/mo-index.ts';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  type Translated,
  type TranslationContext,
  translateDocument,
} from '../offline/document.ts';
import { EXIT, print, readConfig, say, UsageError } from './command-line.ts';

/** Where payloads would be placed unless `--repository` says otherwise: no host has that name (RFC 6761 §6.4). */
const REPOSITORY = 'http://repository.invalid/';

/** Prints the translation on stdout, warnings on stderr; with `--json` all of it on stdout. */
export async function runTranslate(args: readonly string[]): Promise<number> {
  const { file, from, json, repository, config } = parseArguments(args);
  const { mappings, status } = loadMappings(config === undefined ? [] : readConfig(config).mappings);
  const context: TranslationContext = { index: new MoIndex(mappings), statusTable: status, repository };
  const translation = translateDocument(readFileSync(file === '-' ? 0 : file), context, from);
  const { warnings } = translation;
  if (json) {
    const output = translation.to === 'mapping' ? toYaml(translation.output) : translation.output;
    print(JSON.stringify({ from: translation.from, to: translation.to, output, warnings }, null, 2));
    return EXIT.done;
  }
  print(toText(translation));
  for (const { code, message, at } of warnings) say(`${code} ${at}: ${message}`);
  return EXIT.done;
}

interface Arguments {
  readonly file: string;
  readonly from: DocumentKind | undefined;
  readonly json: boolean;
  readonly repository: string;
  readonly config: string | undefined;
}

function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseOrUsage(args);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('expected one FILE, or - for standard input');
  const from = DOCUMENT_KINDS.find((kind) => kind === values.from);
  if (values.from !== undefined && from === undefined) {
    throw new UsageError(`--from is one of ${DOCUMENT_KINDS.join(', ')}`);
  }
  if (!URL.canParse(values.repository)) throw new UsageError('--repository is a URL');
  return { file, from, json: values.json, repository: values.repository, config: values.config };
}

function parseOrUsage(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        json: { type: 'boolean', default: false },
        repository: { type: 'string', default: REPOSITORY },
        config: { type: 'string', short: 'c' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toText(translated: Translated): string {
  if (translated.to === 'mapping') return toYaml(translated.output).trimEnd();
  return typeof translated.output === 'string' ? translated.output : JSON.stringify(translated.output, null, 2);
}

/** One document per mapping: each becomes a file of its own. */
function toYaml(files: readonly object[]): string {
  return files.map((file) => stringify(file, { lineWidth: 120 })).join('---\n');
}

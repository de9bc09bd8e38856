/** Runs the converters of libwbxml, an independent codec with tables of its own. */
import { spawnSync } from 'node:child_process';

/** Converts XML into WBXML and keeps white space. */
export function xmlToWbxml(xml: string, version = '1.2', stringTable = false): Uint8Array {
  return run('xml2wbxml', ['-k', ...(stringTable ? [] : ['-n']), '-v', version], Buffer.from(xml));
}

/** Converts WBXML into XML without white space between elements. */
export function wbxmlToXml(wbxml: Uint8Array): string {
  return Buffer.from(run('wbxml2xml', ['-k', '-m', '0'], wbxml)).toString('utf8');
}

function run(command: string, options: readonly string[], input: Uint8Array): Uint8Array {
  const { stdout, stderr, status, error } = spawnSync(command, [...options, '-o', '-', '-'], { input });
  if (error !== undefined) throw new Error(`${command} of libwbxml2-utils cannot be run`, { cause: error });
  if (status !== 0 || stdout.length === 0) throw new Error(`${command}: ${stderr.toString('utf8')}`);
  return stdout;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, MINIMAL, parse, problemsOf } from './config-folder.ts';

describe('environment variables in a configuration', () => {
  test('a variable may be any part of a value and may be a number where a number is wanted', () => {
    const text = `${MINIMAL}south: { serverId: "a-\${ID}-$\${ID}", maxBodyBytes: "\${MAX}" }\nadmin: { token: "\${MAX}" }`;
    const config = parse(text, { ID: 'x', MAX: '4096' });
    expect([config.south.serverId, config.south.maxBodyBytes, config.admin.token]).toEqual([
      'a-x-$' + '{ID}',
      4096,
      '4096',
    ]);
  });

  test('the content of a variable cannot become YAML syntax', () => {
    expect(parse(`${MINIMAL}admin:\n  token: \${T}`, { T: 'a: [b' }).admin.token).toBe('a: [b');
  });

  test('a variable that is not set is reported once, with line and key', () => {
    expect(problemsOf(`${MINIMAL}north:\n  publicUrl: "\${GONE}"\n  listen: "\${GONE}"`)).toEqual([
      '4: north.publicUrl: environment variable GONE is not set',
      '5: north.listen: environment variable GONE is not set',
    ]);
  });

  test('a variable whose name is malformed is refused', () => {
    expect(problemsOf(`${MINIMAL}admin: { token: "\${A-B}" }`)[0]).toMatch(/^3: admin\.token: not a variable/);
  });
});

/** The text with each `@` as a dollar sign: a template of the configuration looks like one of TypeScript. */
function dollars(text: string): string {
  return text.replaceAll('@', '$');
}

describe('files in a configuration', () => {
  mkdirSync(join(folder, 'secrets'));
  const files: Readonly<Record<string, string | Uint8Array>> = {
    plain: 's3cret',
    lf: 's3cret\n',
    crlf: 's3cret\r\n',
    lines: 'two\n\n',
    yaml: 'a: [b',
    variable: dollars('@{ID}'),
    number: '4096\n',
    most: 'x'.repeat(65_536),
    long: 'x'.repeat(65_537),
    binary: Uint8Array.of(0xff, 0xfe),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'secrets', name), content);

  test.for([
    ['the content is the value', '@{FILE:secrets/plain}', 's3cret'],
    ['one LF at the end is cut', '@{FILE:secrets/lf}', 's3cret'],
    ['one CRLF at the end is cut', '@{FILE:secrets/crlf}', 's3cret'],
    ['only one line break is cut', '@{FILE:secrets/lines}', 'two\n'],
    ['the content cannot become YAML syntax', '@{FILE:secrets/yaml}', 'a: [b'],
    ['the content is not expanded again', '@{FILE:secrets/variable}', '@{ID}'],
    ['it may be a part of a value', 'Bearer @{FILE:secrets/lf}/@{ID}', 'Bearer s3cret/x'],
    ['a path may hold variables', '@{FILE:@{DIR}/pl@{AIN}}', 's3cret'],
    ['an absolute path', `@{FILE:${folder}/secrets/plain}`, 's3cret'],
    ['64 KiB', '@{FILE:secrets/most}', 'x'.repeat(65_536)],
    ['an escaped brace is no file', '@@{FILE:secrets/gone}', '@{FILE:secrets/gone}'],
  ] as const)('%s', ([, value, token]) => {
    const env = { ID: 'x', DIR: 'secrets', AIN: 'ain' };
    expect(parse(`${MINIMAL}admin: { token: ${JSON.stringify(dollars(value))} }`, env).admin.token).toBe(
      dollars(token),
    );
  });

  test('a file may hold a number where a number is wanted', () => {
    expect(parse(`${MINIMAL}south: { maxBodyBytes: "\${FILE:secrets/number}" }`).south.maxBodyBytes).toBe(4096);
  });

  test('a value in a list, on another line', () => {
    const text = `${MINIMAL}notifications:\n  vendorInfo: "\${FILE:secrets/lf}"\n`;
    expect(parse(text).notifications.vendorInfo).toBe('s3cret');
    expect(problemsOf(`${MINIMAL}mappings:\n  - extra\n  - "\${FILE:secrets/gone}"\n`)).toEqual([
      `5: mappings[1]: cannot read the file ${folder}/secrets/gone`,
    ]);
  });

  test.for([
    ['a file that is not there', '@{FILE:secrets/gone}', `cannot read the file FOLDER/secrets/gone`],
    ['a folder', '@{FILE:secrets}', `cannot read the file FOLDER/secrets`],
    ['no path', '@{FILE:}', `cannot read the file FOLDER`],
    ['more than 64 KiB', '@{FILE:secrets/long}', 'the file FOLDER/secrets/long has more than 65536 bytes'],
    ['no UTF-8', '@{FILE:secrets/binary}', 'the file FOLDER/secrets/binary is not UTF-8'],
    ['a variable in the path that is not set', '@{FILE:@{GONE}/x}', 'environment variable GONE is not set'],
    ['a brace that is not closed', '@{FILE:secrets/plain', 'not a variable: write'],
  ] as const)('%s is one problem with line and key', ([, value, message]) => {
    const problems = problemsOf(`${MINIMAL}admin:\n  token: ${JSON.stringify(dollars(value))}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.replace(folder, 'FOLDER')).toContain(`4: admin.token: ${message}`);
  });
});

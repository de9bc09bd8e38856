import { describe, expect, test } from 'vitest';
import { MINIMAL, parse, problemsOf } from './config-folder.ts';

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

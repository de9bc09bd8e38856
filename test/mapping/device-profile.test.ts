import { describe, expect, test } from 'vitest';
import { type ProfileRule, profileOf } from '../../src/mapping/device-profile.ts';
import { templateMatches } from '../../src/mapping/glob.ts';
import { loadMappings, MappingFilesError } from '../../src/mapping/load.ts';
import type { MappingProblem } from '../../src/mapping/yaml-file.ts';
import { folderWith, must } from '../support/mappings.ts';

const shipped = loadMappings().profiles;
const TEST_CLIENT = { manufacturer: 'test manufacturer', model: 'test model', dmV: '1.0' };

function problemsOf(text: string): readonly MappingProblem[] {
  try {
    loadMappings([folderWith({ 'profiles.yaml': text })]);
  } catch (error) {
    if (error instanceof MappingFilesError) return error.problems;
    throw error;
  }
  return [];
}

describe('the shipped profiles', () => {
  test('the shipped profiles match the test client of libdmclient', () => {
    expect(profileOf(shipped, TEST_CLIENT)).toEqual({
      ordering: 'one-per-message',
      list: 'none',
      atomic: false,
      leafOnlyAdds: true,
    });
  });

  test('the shipped profiles match the engine of old Android phones by the HTTP client of the platform', () => {
    const device = { manufacturer: 'Maker', dmV: '1.2', userAgent: 'Dalvik/1.6.0 (Linux; U; Android 4.4.2; X)' };
    expect(profileOf(shipped, device)).toEqual({ list: 'StructData', structAlone: true, atomic: true, tnds: true });
  });

  test.each([
    ['the form that it has on real phones', { manufacturer: 'Google', model: 'Nexus' }, 'Google/Nexus Google/1'],
    ['the same in another case', { manufacturer: 'GOOGLE', model: ' nexus ' }, ' google/Nexus Google/1 '],
    ['values that hold a star', { manufacturer: 'A*B', model: '*' }, 'A*B/* A*B/1'],
    ['values that hold a placeholder', { manufacturer: '{model}', model: 'M' }, '{model}/M {model}/1'],
  ])(
    'the shipped profiles match the engine of old Android phones by its own User-Agent: %s',
    (_, device, userAgent) => {
      expect(profileOf(shipped, { ...device, dmV: '1.2', userAgent })).toEqual({
        list: 'StructData',
        structAlone: true,
        atomic: true,
        tnds: true,
      });
    },
  );

  test.each([
    ['of another make', { manufacturer: 'Google', model: 'Nexus' }, 'Acme/Nexus Acme/1'],
    ['whose star would be a pattern', { manufacturer: 'A*B', model: '*' }, 'AxB/y AxB/1'],
    ['of a device that reports no model', { manufacturer: 'Google' }, 'Google/{model} Google/1'],
  ])('a User-Agent %s is not that of the Android engine', (_, device, userAgent) => {
    expect(profileOf(shipped, { ...device, dmV: '1.2', userAgent })).toEqual({});
  });

  test.each([
    ['another model', { ...TEST_CLIENT, model: 'test model 2' }],
    ['another version', { ...TEST_CLIENT, dmV: '1.1' }],
    ['a device that reports nothing', {}],
  ])('the shipped profiles do not match %s', (_, device) => {
    expect(profileOf(shipped, device)).toEqual({});
  });
});

describe('rules', () => {
  const rules: readonly ProfileRule[] = [
    { name: 'one', match: { model: 'X*', manufacturer: 'Maker' }, ordering: 'plain' },
    { name: 'two', match: { model: 'X1' }, list: 'none' },
    { name: 'three', match: { userAgent: '*engine/2.*' }, atomic: false },
    { name: 'four', match: { userAgent: ['{model}/*', '*({manufacturer})'] }, tnds: true },
  ];

  test.each([
    ['each value that is given must match', { model: 'X1', manufacturer: 'Other' }, { list: 'none' }],
    ['the first that matches decides alone', { model: 'X1', manufacturer: 'Maker' }, { ordering: 'plain' }],
    ['without case or white space around', { model: ' x9 ', manufacturer: 'MAKER' }, { ordering: 'plain' }],
    ['a value that the device does not report matches nothing', { model: 'X9' }, {}],
    ['the User-Agent', { userAgent: 'dm-engine/2.7 (x)' }, { atomic: false }],
    ['the first pattern of a list', { userAgent: 'Y7/3', model: 'Y7' }, { tnds: true }],
    ['another pattern of a list', { userAgent: 'agent (Maker)', manufacturer: 'Maker' }, { tnds: true }],
    ['no pattern of a list', { userAgent: 'agent (Maker)', manufacturer: 'Other', model: 'Y7' }, {}],
  ])('a profile applies by these rules: %s', (_, device, expected) => {
    expect(profileOf(rules, device)).toEqual(expected);
  });

  test.each([
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-c-b-c', true],
    ['a*b*c', 'a-c', false],
    ['*b*b', 'ab', false],
    ['a', 'ab', false],
  ])('the glob %s matches %j: %s', (glob, text, expected) => {
    expect(templateMatches(glob, {}, text)).toBe(expected);
  });
});

describe("an operator's profiles", () => {
  const folder = folderWith({
    'profiles.yaml': [
      'profiles:',
      '  - { name: mine, match: { model: "test*" }, maxMsgSize: 2048 }',
      '  - { name: Android engine, match: { userAgent: "*Android*" }, list: none }',
    ].join('\n'),
  });

  test("an operator's profiles come before the shipped ones, later folders first", () => {
    const last = folderWith({
      'profiles.yaml': 'profiles: [{ name: last, match: { model: test model }, tnds: false }]',
    });
    expect(profileOf(loadMappings([folder]).profiles, TEST_CLIENT)).toEqual({ maxMsgSize: 2048 });
    expect(profileOf(loadMappings([folder, last]).profiles, TEST_CLIENT)).toEqual({ tnds: false });
  });

  test("an operator's profile replaces the shipped one of its name", () => {
    const { profiles } = loadMappings([folder]);
    expect(profiles.filter(({ name }) => name === 'Android engine')).toHaveLength(1);
    expect(profileOf(profiles, { userAgent: 'Android', dmV: '1.2' })).toEqual({ list: 'none' });
    expect(profiles).toHaveLength(shipped.length + 1);
  });

  test.each([
    [
      'an unknown ordering',
      'profiles:\n  - { name: a, match: { model: x }, ordering: random }',
      2,
      'profiles.0.ordering',
    ],
    ['an empty match', 'profiles:\n  - name: a\n    match: {}', 3, 'profiles.0.match'],
    ['no match', 'profiles:\n  - { name: a }', 2, 'profiles.0.match'],
    ['an unknown key', 'profiles:\n  - { name: a, match: { model: x }, speed: 1 }', 2, 'profiles.0.speed'],
    [
      'a size that no header fits',
      'profiles:\n  - { name: a, match: { model: x }, maxMsgSize: 10 }',
      2,
      'profiles.0.maxMsgSize',
    ],
    [
      'a name twice',
      'profiles:\n  - { name: a, match: { model: x } }\n  - { name: a, match: { model: y } }',
      3,
      'profiles.1.name',
    ],
  ])('a profile file is refused for %s, with line and key', (_, text, line, key) => {
    const problem = must(problemsOf(text)[0]);
    expect(problem).toMatchObject({ line, key });
    expect(problem.file).toMatch(/profiles\.yaml$/);
  });
});

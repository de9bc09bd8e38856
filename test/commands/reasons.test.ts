/** The reasons of results with 403, 415, 419 and 500: in the log, and in Package#3 if the account wants them. */
import { describe, expect, test } from 'vitest';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { DeviceOptions } from '../north/model/device.ts';
import { context, DATA, document, NOT_THERE } from '../north/model/play.ts';
import { DCMO, onPhone, SESSION_INFO, VENDOR } from '../north/model/simulated-device.ts';
import { readSourceFiles } from '../support/source-files.ts';

const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;
const NAME = './Vendor/Product/Name';
const DOC = `${DATA}/doc?signature=hidden`;

interface Case {
  readonly command: readonly string[];
  readonly status: number;
  readonly reason: string | RegExp;
  readonly reply?: RepositoryReply;
  readonly options?: DeviceOptions;
}

function run({ command, reply = document('new', 'text/plain'), options }: Case, account = {}) {
  const scene = {
    repository: () => reply,
    context: {
      ...context,
      account: { ...context.account, moids: [DCMO, VENDOR, SESSION_INFO].map(parseMoid), ...account },
    },
    ...(options === undefined ? {} : { options }),
  };
  const played = onPhone([['GET', `${PRODUCT}/Count`], command], scene);
  const failures = played.effects.flatMap((effect) =>
    effect.type === 'log' && effect.event === 'command.failed' ? [effect.facts] : [],
  );
  const statuses = (played.packages[1]?.json.Status ?? []) as readonly unknown[];
  return { failures, status: statuses[1] };
}

const CASES: readonly (readonly [string, Case])[] = [
  [
    'a MOID that is not provisioned',
    {
      command: ['GET', 'urn:oma:mo:oma-fumo:1.0//'],
      status: 403,
      reason: 'the account does not provide the MOID urn:oma:mo:oma-fumo:1.0',
    },
  ],
  [
    'a ServerURI outside the allow-list',
    {
      command: ['HPUT', 'https://elsewhere.example/x?key=hidden', `${PRODUCT}/Name`],
      status: 419,
      reason: 'the ServerURI is outside the allow-list',
    },
  ],
  [
    'a report that may not go to its ServerURI',
    {
      command: ['EXEC', `${PRODUCT}/Name`, 'https://elsewhere.example/x'],
      status: 403,
      reason: 'the ServerURI is outside the allow-list',
    },
  ],
  [
    'a continuation at a ServerURI outside the allow-list',
    {
      command: ['CONT', 'https://elsewhere.example/x'],
      status: 500,
      reason: 'the ServerURI is outside the allow-list',
    },
  ],
  [
    'an upload that the repository refuses',
    { command: ['HPUT', DOC, `${PRODUCT}/Name`], status: 419, reason: 'the repository answered 404', reply: NOT_THERE },
  ],
  [
    'data that is not MO data',
    { command: ['HGET', DOC], status: 415, reason: /^not JSON$/, reply: document('{', 'application/dmmo+json') },
  ],
  [
    'a read that the device refuses',
    {
      command: ['GET', `${PRODUCT}/Name`],
      status: 403,
      reason: `the device answered 425 to Get ${NAME}?list=StructData`,
      options: { refuse: { [NAME]: { Get: 425 } } },
    },
  ],
  [
    'a write that the device refuses',
    {
      command: ['HGET', DOC, `${PRODUCT}/Name`],
      status: 403,
      reason: `the device answered 425 to Replace ${NAME}`,
      options: { refuse: { [NAME]: { Replace: 425 } } },
    },
  ],
  [
    'a deletion that fails on the device',
    {
      command: ['DELETE', `${PRODUCT}/Name`],
      status: 500,
      reason: `the device answered 500 to Delete ${NAME}`,
      options: { refuse: { [NAME]: { Delete: 500 } } },
    },
  ],
  [
    'a member of an Atomic that fails on the device',
    {
      command: ['HGET', DOC],
      status: 415,
      reason: 'the device answered 415 to Replace ./DCMO/usb/Property',
      reply: document(
        JSON.stringify([
          { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'a' } },
          { ClientURI: `${DCMO}/usb/Property`, MOData: { Property: 'b' } },
        ]),
      ),
      options: { refuse: { './DCMO/usb/Property': { Replace: 415 } } },
    },
  ],
  [
    'a node that only the bridge may write',
    {
      command: ['HGET', DOC, `${SESSION_INFO}//CBT`],
      status: 403,
      reason: 'the bridge keeps this node itself',
      reply: document('1', 'text/plain'),
    },
  ],
];

describe('the log of failed commands', () => {
  test.each(CASES)('has the reason, the index of the command and the origin: %s', (_name, scene) => {
    const { failures } = run(scene);
    const { command, status, reason } = scene;
    const serverUri = command.find((part) => part.startsWith('https://'));
    const origin = serverUri === undefined ? undefined : new URL(serverUri).origin;
    const refusal = typeof reason === 'string' && reason.includes('allow-list') ? { isServerUriRefused: true } : {};
    const text = reason instanceof RegExp ? expect.stringMatching(reason) : reason;
    expect(failures).toEqual([
      { command: command[0], index: 1, status, reason: text, ...(origin === undefined ? {} : { origin }), ...refusal },
    ]);
    expect(JSON.stringify(failures)).not.toContain('hidden');
  });

  test('has no reason for a success, or for a status that needs none', () => {
    expect(run({ command: ['GET', `${PRODUCT}/Name`], status: 200, reason: '' }).failures).toEqual([]);
    expect(run({ command: ['GET', `${PRODUCT}/None`], status: 404, reason: '' }).failures).toEqual([]);
    expect(run({ command: ['WISH', 'x'], status: 501, reason: '' }).failures).toEqual([]);
  });

  test('has reasons of at most 256 characters', () => {
    const command = ['GET', `urn:oma:mo:${'x'.repeat(500)}:1.0//`];
    const { failures } = run({ command, status: 403, reason: '' });
    expect(failures.map(({ reason }) => reason.length)).toEqual([256]);
  });
});

describe('Package#3', () => {
  test.each(CASES)('has the reason as a vendor member for an account with reasons: %s', (_name, scene) => {
    const { status, failures } = run(scene, { reasons: true });
    expect(status).toEqual({ sc: scene.status, reason: failures[0]?.reason });
  });

  test.each(CASES)('has no reason for other accounts: %s', (_name, scene) => {
    expect(run(scene).status).toEqual({ sc: scene.status });
  });

  test('has no reason when a status is a number', () => {
    const command = ['HPUT', 'https://elsewhere.example/', `${PRODUCT}/Name`];
    expect(run({ command, status: 419, reason: '' }, { reasons: true, statusForm: 'number' }).status).toBe(419);
  });
});

describe('the sources', () => {
  const CODE = /DM2_STATUS\.(?:forbidden|unsupportedMediaType|serverUriError|internalError)\b/u;
  const NO_COMMANDS = /^testbed\/|^commands\/reasons\.ts$/u;
  /** Lines that choose among failures with reasons, or hand on what the device answered: `withReason` names that. */
  const WITHOUT_OWN_REASON = [
    'commands/failure-result.ts: if (!(error instanceof DmError)) return DM2_STATUS.internalError;',
    "commands/failure-result.ts: if (error.code === 'ERR_MO_DATA_SHAPE') return DM2_STATUS.unsupportedMediaType;",
    'commands/failure-result.ts: return Math.min(HTTP_STATUS[error.code], DM2_STATUS.internalError);',
    'commands/hput.ts: const refused = failures.find(({ status }) => status === DM2_STATUS.forbidden);',
    'commands/hput.ts: return failures.find(({ status }) => status >= DM2_STATUS.internalError) ?? { status: DM2_STATUS.notFound };',
    "commands/store-leaf.ts: if (read.state === 'failed') return { status: failureOf(context, read) ?? DM2_STATUS.internalError };",
    'commands/store-leaf.ts: return write ?? { status: DM2_STATUS.internalError };',
    'rights/read-rights.ts: return instance.isNamed ? DM2_STATUS.forbidden : undefined;',
    'rights/read-rights.ts: return failureOf(context, read) ?? DM2_STATUS.forbidden;',
    "tree/instance-views.ts: if (read.state === 'refused') return DM2_STATUS.forbidden;",
  ];

  test('say why at each place that makes a status which has a reason', () => {
    const sources = readSourceFiles('src').filter(({ path }) => !NO_COMMANDS.test(path));
    const found = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, at) => {
        const isSaid = /\b(?:reason|refusal\()/u.test(lines.slice(Math.max(0, at - 1), at + 3).join('\n'));
        return CODE.test(line) && !isSaid ? `${path}: ${line.trim()}` : [];
      });
    });
    expect(found).toEqual(WITHOUT_OWN_REASON);
  });
});

/**
 * Commands share a message to the device, up to the first command whose resolution or data an unanswered earlier command
 * can change (DM-2.0 §5.2.3).
 */
import { describe, expect, test } from 'vitest';
import { interior, leaf } from './model/device.ts';
import { DATA, document, knowledgeOf } from './model/play.ts';
import { DCMO, FUMO, KNOWN, onPhone, type PhoneScene, phoneTree, VENDOR } from './model/simulated-device.ts';

const PRODUCT = `${VENDOR}/Product`;
const PROPERTY = `${DCMO}/usb/Property`;

/** The commands of each message, without queries such as `?list=`. */
function messages(commands: readonly (readonly string[])[], scene: PhoneScene = {}): readonly (readonly string[])[] {
  const outcome = onPhone(commands, { repository: () => document('true', 'text/plain'), ...scene });
  return outcome.trips.map((trip) => {
    return trip.map(({ name, items }) => `${name} ${items[0]?.target?.replace(/\?.*/u, '') ?? ''}`);
  });
}

describe('commands that share one message', () => {
  test('any number of reads shares a message', () => {
    const commands = Array.from({ length: 20 }, (_, at) => ['GET', at % 2 === 0 ? PROPERTY : `${DCMO}/camera/`]);
    expect(messages(commands)).toHaveLength(1);
  });

  test('any number of DELETEs of different places shares a message', () => {
    const commands = ['Property', 'Enabled', 'Ext'].map((name) => ['DELETE', `${DCMO}/usb/${name}`]);
    expect(messages(commands)).toHaveLength(1);
  });

  test.each<[string, readonly (readonly string[])[], readonly string[]]>([
    [
      'reads and a later DELETE of the same place',
      [
        ['GET', PROPERTY],
        ['GET', `${DCMO}/usb/`],
        ['DELETE', `${DCMO}/usb/`],
      ],
      ['Get ./DCMO/usb/Property', 'Get ./DCMO/usb', 'Delete ./DCMO/usb'],
    ],
    [
      'a DELETE and later reads elsewhere',
      [
        ['DELETE', `${DCMO}/usb/`],
        ['GET', `${DCMO}/camera/`],
        ['DELETE', `${DCMO}/camera/Ext`],
      ],
      ['Delete ./DCMO/usb', 'Get ./DCMO/camera', 'Delete ./DCMO/camera/Ext'],
    ],
    [
      'an EXEC and later reads of another MO',
      [
        ['EXEC', `${FUMO}/FUMO/Update`],
        ['GET', PROPERTY],
      ],
      ['Exec ./FUMO/Update', 'Get ./DCMO/usb/Property'],
    ],
    [
      'the reads of an HPUT and earlier reads',
      [
        ['GET', `${DCMO}/camera/Property`],
        ['HPUT', DATA, PROPERTY, `${PRODUCT}/Name`],
      ],
      ['Get ./DCMO/camera/Property', 'Get ./DCMO/usb/Property', 'Get ./Vendor/Product/Name'],
    ],
  ])('%s share a message', (_, commands, expected) => {
    expect(messages(commands)).toEqual([expected]);
  });

  test('two reads share a message with commands between them that fail without the device', () => {
    const commands = [['GET', PROPERTY], ['NONSENSE'], ['SHOW', DATA], ['GET', 'bad'], ['GET', `${DCMO}/camera/`]];
    expect(messages(commands)).toHaveLength(1);
  });
});

describe('commands that need more than one message', () => {
  test('any number of HGETs of leaves takes two messages: one with the reads, one with the writes', () => {
    const commands = ['camera', 'usb'].map((miid) => ['HGET', `${DATA}/${miid}`, `${DCMO}/${miid}/Enabled`]);
    expect(messages(commands)).toEqual([
      ['Get ./DCMO/camera/Enabled', 'Get ./DCMO/usb/Enabled'],
      ['Replace ./DCMO/camera/Enabled', 'Replace ./DCMO/usb/Enabled'],
    ]);
  });

  test('any number of HGETs of new leaves takes two messages', () => {
    const commands = ['camera', 'usb'].map((miid) => ['HGET', `${DATA}/${miid}`, `${DCMO}/${miid}/Group`]);
    expect(messages(commands)).toHaveLength(2);
  });

  test.each([1, 2, 5, 20])('%i pairs of an HGET and a DELETE take one message of reads and one of writes', (count) => {
    const tree = phoneTree();
    const ext = tree.children?.DCMO?.children?.usb?.children?.Ext;
    const pairs = Array.from({ length: count }, (_, at) => at);
    if (ext?.children !== undefined) {
      for (const at of pairs) Object.assign(ext.children, { [`a${at}`]: leaf('old'), [`b${at}`]: leaf('x') });
    }
    const commands = pairs.flatMap((at) => [
      ['HGET', `${DATA}/${at}`, `${DCMO}/usb/Ext/a${at}`],
      ['DELETE', `${DCMO}/usb/Ext/b${at}`],
    ]);
    expect(messages(commands, { tree })).toEqual([
      pairs.map((at) => `Get ./DCMO/usb/Ext/a${at}`),
      pairs.flatMap((at) => [`Replace ./DCMO/usb/Ext/a${at}`, `Delete ./DCMO/usb/Ext/b${at}`]),
    ]);
  });

  const held = [
    ['HGET', DATA, `${DCMO}/camera/Enabled`],
    ['DELETE', `${DCMO}/usb/Ext`],
  ];
  const reading = 'Get ./DCMO/camera/Enabled';
  const writing = ['Replace ./DCMO/camera/Enabled', 'Delete ./DCMO/usb/Ext'];

  test.each<[string, readonly (readonly string[])[], readonly (readonly string[])[]]>([
    ['a GET elsewhere starts beside', [['GET', PROPERTY]], [[reading, 'Get ./DCMO/usb/Property'], writing]],
    [
      'a GET of what is deleted waits for',
      [['GET', `${DCMO}/usb/Ext`]],
      // The listing finds nothing, so the node itself is asked for.
      [[reading], writing, ['Get ./DCMO/usb/Ext'], ['Get ./DCMO/usb/Ext']],
    ],
    ['a GET above what is deleted waits for', [['GET', `${DCMO}/usb/`]], [[reading], writing, ['Get ./DCMO/usb']]],
    [
      'a GET elsewhere behind one that waits starts beside',
      [
        ['GET', `${DCMO}/usb/`],
        ['GET', `${PRODUCT}/Name`],
      ],
      [[reading, 'Get ./Vendor/Product/Name'], writing, ['Get ./DCMO/usb']],
    ],
    [
      'a write of a place that a waiting GET reads waits for that GET and',
      [
        ['GET', `${DCMO}/usb/`],
        ['DELETE', PROPERTY],
      ],
      [[reading], writing, ['Get ./DCMO/usb', 'Delete ./DCMO/usb/Property']],
    ],
    [
      'an EXEC keeps its place behind',
      [['EXEC', `${FUMO}/FUMO/Update`]],
      [[reading], [...writing, 'Exec ./FUMO/Update']],
    ],
    [
      'a GET behind an EXEC waits for',
      [
        ['EXEC', `${FUMO}/FUMO/Update`],
        ['GET', `${PRODUCT}/Name`],
      ],
      [[reading], [...writing, 'Exec ./FUMO/Update', 'Get ./Vendor/Product/Name']],
    ],
  ])('%s writes that are held back', (_, more, expected) => {
    const options = { exec: { './FUMO/Update': () => 200 } };
    expect(messages([...held, ...more], { options })).toEqual(expected);
  });

  test.each<[string, readonly (readonly string[])[], readonly (readonly string[])[]]>([
    [
      'a read of a node after its DELETE',
      [
        ['DELETE', PROPERTY],
        ['GET', PROPERTY],
      ],
      [['Delete ./DCMO/usb/Property'], ['Get ./DCMO/usb/Property']],
    ],
    [
      'a read of a sub-tree after a DELETE in it',
      [
        ['DELETE', PROPERTY],
        ['GET', `${DCMO}/camera/`],
        ['GET', `${DCMO}/usb/`],
        ['GET', `${DCMO}/camera/Property`],
      ],
      [
        // The last command does not wait with the one before it.
        ['Delete ./DCMO/usb/Property', 'Get ./DCMO/camera', 'Get ./DCMO/camera/Property'],
        ['Get ./DCMO/usb'],
      ],
    ],
    [
      'a read of an MO after an EXEC in it',
      [
        ['EXEC', `${DCMO}/usb/Operations/Enable`],
        ['GET', `${DCMO}/usb/Enabled`],
      ],
      [['Exec ./DCMO/usb/Operations/Enable'], ['Get ./DCMO/usb/Enabled']],
    ],
    [
      'a read of all known instances after a DELETE of one',
      [
        ['GET', `${DCMO}/*/Property`],
        ['DELETE', `${DCMO}/usb/`],
        ['GET', `${DCMO}/*/Enabled`],
      ],
      [
        ['Get .'],
        ['Get ./DCMO/camera/Property', 'Get ./DCMO/usb/Property', 'Delete ./DCMO/usb'],
        ['Get ./DCMO/camera/Enabled'],
      ],
    ],
  ])('%s waits for the Status', (_, commands, expected) => {
    expect(messages(commands)).toEqual(expected);
  });

  test('one search of the device serves all commands that need one', () => {
    const commands = [
      ['GET', `${DCMO}/*/Property`],
      ['GET', `${FUMO}//State`],
      ['DELETE', `${DCMO}/(x)/?nv=(x)/Property:USB`],
    ];
    const all = messages(commands);
    expect(all[0]).toEqual(['Get .']);
    expect(all.flat().filter((line) => line === 'Get .')).toHaveLength(1);
  });

  test('a read waits for an HGET that still searches the node that it will write', () => {
    const commands = [
      ['HGET', DATA, `${DCMO}/(x)/Enabled?nv=(x)/Property:USB`],
      ['GET', `${DCMO}/usb/Enabled`],
      ['EXEC', `${FUMO}/FUMO/Update`],
    ];
    const lines = messages(commands, { repository: () => document('false', 'text/plain') }).flat();
    expect(lines.slice(-3)).toEqual(['Replace ./DCMO/usb/Enabled', 'Get ./DCMO/usb/Enabled', 'Exec ./FUMO/Update']);
  });

  test('a write waits while an earlier command still prepares its first write', () => {
    const commands = [
      ['HGET', `${DATA}/leaf`, `${DCMO}/camera/Enabled`],
      ['DELETE', `${DCMO}/usb/Ext`],
      ['EXEC', `${DCMO}/usb/Operations/Enable`],
    ];
    expect(messages(commands)).toEqual([
      ['Get ./DCMO/camera/Enabled'],
      ['Replace ./DCMO/camera/Enabled', 'Delete ./DCMO/usb/Ext', 'Exec ./DCMO/usb/Operations/Enable'],
    ]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['a DELETE of the same place', ['DELETE', PROPERTY], ['Replace ./DCMO/usb/Property', 'Delete ./DCMO/usb/Property']],
    ['an EXEC of anything', ['EXEC', `${FUMO}/FUMO/Update`], ['Replace ./DCMO/usb/Property', 'Exec ./FUMO/Update']],
  ])('%s waits while an earlier write may need a retry', (_, command, last) => {
    const outcome = onPhone([['HGET', DATA, PROPERTY], command], {
      repository: () => document('new', 'text/plain'),
      // The listing hides the leaf, but it exists: Add fails, Replace does not.
      options: { next: [404], exec: { './FUMO/Update': () => 200 } },
    });
    expect(outcome.statuses).toEqual(['200', '200']);
    expect(outcome.device.log.slice(-2)).toEqual(last);
  });

  test('a DELETE elsewhere waits for an earlier write, and not for its retry', () => {
    const outcome = onPhone(
      [
        ['HGET', DATA, PROPERTY],
        ['DELETE', `${DCMO}/camera/Ext`],
      ],
      {
        repository: () => document('new', 'text/plain'),
        options: { next: [404] },
      },
    );
    expect(outcome.trips).toHaveLength(3);
    expect(outcome.order.slice(1)).toEqual([
      'Get ./DCMO/usb/Property',
      'Add ./DCMO/usb/Property',
      'Delete ./DCMO/camera/Ext',
      'Replace ./DCMO/usb/Property',
    ]);
  });

  test('a read waits for the writes of all members of a document', () => {
    const members = ['Property', 'Group'].map((name) => ({
      ClientURI: `${DCMO}/usb/${name}`,
      MOData: { [name]: 'new' },
    }));
    const outcome = onPhone(
      [
        ['HGET', DATA],
        ['GET', PROPERTY],
        ['GET', `${DCMO}/usb/Group`],
      ],
      {
        repository: () => document(JSON.stringify(members)),
      },
    );
    expect(outcome.data['1']?.content).toEqual({ text: 'new' });
    expect(outcome.data['2']?.content).toEqual({ text: 'new' });
  });

  test('a DELETE waits while the bridge still tries in which way the device lists a tree', () => {
    const knowledge = knowledgeOf({ miids: KNOWN });
    const commands = [
      ['GET', `${DCMO}/usb/Ext`],
      ['DELETE', `${DCMO}/usb/Ext`],
    ];
    const tree = phoneTree();
    if (tree.children?.DCMO?.children?.usb?.children !== undefined) {
      tree.children.DCMO.children.usb.children.Ext = interior({ a: leaf('b') });
    }
    const outcome = onPhone(commands, { knowledge, tree, options: { lists: ['Struct'] } });
    expect(outcome.statuses).toEqual(['200', '200']);
    expect(outcome.data['0']?.content).toEqual({ text: expect.stringContaining('"a":"b"') });
  });
});

describe('requests to the Data Repository', () => {
  const order = (commands: readonly (readonly string[])[]) =>
    onPhone(commands, {
      repository: () => document('true', 'text/plain'),
      options: { exec: { './FUMO/Update': () => 200 } },
    }).order;

  test('documents are fetched early, while commands for the device wait', () => {
    expect(
      order([
        ['DELETE', PROPERTY],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
        ['HGET', `${DATA}/b`, `${DCMO}/camera/Enabled`],
      ]).slice(0, 3),
    ).toEqual([`GET ${DATA}/a`, `GET ${DATA}/b`, 'Delete ./DCMO/usb/Property']);
  });

  test.each([
    ['HPUT', `PUT ${DATA}/up`],
    ['HPOST', `POST ${DATA}/up`],
  ])('a document is not fetched before an earlier %s', (name, sent) => {
    expect(
      order([
        [name, `${DATA}/up`, PROPERTY],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
      ]).slice(0, 3),
    ).toEqual(['Get ./DCMO/usb/Property', sent, `GET ${DATA}/a`]);
  });

  test('a document is not fetched before an earlier EXEC', () => {
    expect(
      order([
        ['EXEC', `${FUMO}/FUMO/Update`],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
      ]).slice(0, 2),
    ).toEqual(['Exec ./FUMO/Update', `GET ${DATA}/a`]);
  });

  test('an HPUT is sent only when all earlier commands have their status', () => {
    expect(
      order([
        ['DELETE', `${DCMO}/camera/Ext`],
        ['HGET', `${DATA}/a`, `${DCMO}/camera/Enabled`],
        ['HPUT', `${DATA}/up`, PROPERTY],
        ['DELETE', PROPERTY],
      ]),
    ).toEqual([
      `GET ${DATA}/a`,
      'Delete ./DCMO/camera/Ext',
      'Get ./DCMO/camera/Enabled',
      'Get ./DCMO/usb/Property',
      'Replace ./DCMO/camera/Enabled',
      `PUT ${DATA}/up`,
      'Delete ./DCMO/usb/Property',
    ]);
  });
});

describe('trees that were read', () => {
  test('a tree is not read again by the next command', () => {
    const commands = [
      ['GET', `${DCMO}/usb/`],
      ['HPUT', DATA, PROPERTY],
      ['GET', `${DCMO}/usb/Operations/*`],
    ];
    expect(messages(commands)).toHaveLength(1);
  });

  test('a tree is read again after a command has changed it, in whatever order the Statuses come in', () => {
    const commands = [
      ['GET', `${DCMO}/usb/`],
      ['DELETE', PROPERTY],
      ['GET', `${DCMO}/usb/`],
    ];
    for (const scene of [{}, { answers: 'singly' }, { answers: 'backwards' }] as const) {
      const outcome = onPhone(commands, scene);
      expect(outcome.data['0']?.content).toEqual({ text: expect.stringContaining('"Property":"USB"') });
      expect(outcome.data['2']?.content).toEqual({ text: expect.not.stringContaining('Property') });
    }
  });

  test('all trees are read again after an EXEC', () => {
    const tree = phoneTree();
    const exec = {
      './FUMO/Update': (at: typeof tree) => {
        if (at.children?.Vendor?.children?.Product?.children !== undefined) {
          at.children.Vendor.children.Product.children.Name = leaf('after');
        }
        return 200;
      },
    };
    const commands = [
      ['GET', `${PRODUCT}/Name`],
      ['EXEC', `${FUMO}/FUMO/Update`],
      ['GET', `${PRODUCT}/Name`],
    ];
    const outcome = onPhone(commands, { tree, options: { exec } });
    expect(outcome.data['0']?.content).toEqual({ text: 'x' });
    expect(outcome.data['2']?.content).toEqual({ text: 'after' });
  });
});

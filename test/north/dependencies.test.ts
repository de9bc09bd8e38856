/**
 * What shares a message to the device, and where a batch ends: exactly before the command whose resolution or data an
 * unanswered earlier command can change (design: Order).
 */
import { describe, expect, it } from 'vitest';
import { interior, leaf } from './model/device.ts';
import { DATA, document, knowledgeOf } from './model/play.ts';
import { DCMO, FUMO, KNOWN, onPhone, type PhoneScene, phoneTree, VENDOR } from './model/simulated-device.ts';

const PRODUCT = `${VENDOR}/Product`;
const PROPERTY = `${DCMO}/usb/Property`;

/** The commands of each message, without the way of asking. */
function messages(commands: readonly (readonly string[])[], scene: PhoneScene = {}): readonly (readonly string[])[] {
  const outcome = onPhone(commands, { repository: () => document('true', 'text/plain'), ...scene });
  return outcome.trips.map((trip) => {
    return trip.map(({ name, items }) => `${name} ${items[0]?.target?.replace(/\?.*/u, '') ?? ''}`);
  });
}

describe('one message', () => {
  it('for any number of reads', () => {
    const commands = Array.from({ length: 20 }, (_, at) => ['GET', at % 2 === 0 ? PROPERTY : `${DCMO}/camera/`]);
    expect(messages(commands)).toHaveLength(1);
  });

  it('for any number of deletes', () => {
    const commands = ['Property', 'Enabled', 'Ext'].map((name) => ['DELETE', `${DCMO}/usb/${name}`]);
    expect(messages(commands)).toHaveLength(1);
  });

  it.each<[string, readonly (readonly string[])[], readonly string[]]>([
    [
      'reads before a DELETE of the same place',
      [
        ['GET', PROPERTY],
        ['GET', `${DCMO}/usb/`],
        ['DELETE', `${DCMO}/usb/`],
      ],
      ['Get ./DCMO/usb/Property', 'Get ./DCMO/usb', 'Delete ./DCMO/usb'],
    ],
    [
      'a DELETE and reads elsewhere',
      [
        ['DELETE', `${DCMO}/usb/`],
        ['GET', `${DCMO}/camera/`],
        ['DELETE', `${DCMO}/camera/Ext`],
      ],
      ['Delete ./DCMO/usb', 'Get ./DCMO/camera', 'Delete ./DCMO/camera/Ext'],
    ],
    [
      'an EXEC and reads of another MO',
      [
        ['EXEC', `${FUMO}/FUMO/Update`],
        ['GET', PROPERTY],
      ],
      ['Exec ./FUMO/Update', 'Get ./DCMO/usb/Property'],
    ],
    [
      'reads that HPUT needs, with the reads before it',
      [
        ['GET', `${DCMO}/camera/Property`],
        ['HPUT', DATA, PROPERTY, `${PRODUCT}/Name`],
      ],
      ['Get ./DCMO/camera/Property', 'Get ./DCMO/usb/Property', 'Get ./Vendor/Product/Name'],
    ],
  ])('%s', (_, commands, expected) => {
    expect(messages(commands)).toEqual([expected]);
  });

  it('for a command between two that fail without the device', () => {
    const commands = [['GET', PROPERTY], ['NONSENSE'], ['SHOW', DATA], ['GET', 'bad'], ['GET', `${DCMO}/camera/`]];
    expect(messages(commands)).toHaveLength(1);
  });
});

describe('two messages', () => {
  it('for any number of values that go to leaves: what they are, then what they become', () => {
    const commands = ['camera', 'usb'].map((miid) => ['HGET', `${DATA}/${miid}`, `${DCMO}/${miid}/Enabled`]);
    expect(messages(commands)).toEqual([
      ['Get ./DCMO/camera/Enabled', 'Get ./DCMO/usb/Enabled'],
      ['Replace ./DCMO/camera/Enabled', 'Replace ./DCMO/usb/Enabled'],
    ]);
  });

  it('also where the leaves are new', () => {
    const commands = ['camera', 'usb'].map((miid) => ['HGET', `${DATA}/${miid}`, `${DCMO}/${miid}/Group`]);
    expect(messages(commands)).toHaveLength(2);
  });

  it.each<[string, readonly (readonly string[])[], readonly (readonly string[])[]]>([
    [
      'a DELETE, then a read of what it deletes',
      [
        ['DELETE', PROPERTY],
        ['GET', PROPERTY],
      ],
      [['Delete ./DCMO/usb/Property'], ['Get ./DCMO/usb/Property']],
    ],
    [
      'a DELETE, then a read of what lies around it',
      [
        ['DELETE', PROPERTY],
        ['GET', `${DCMO}/camera/`],
        ['GET', `${DCMO}/usb/`],
        ['GET', `${DCMO}/camera/Property`],
      ],
      [
        ['Delete ./DCMO/usb/Property', 'Get ./DCMO/camera'],
        // The last one is known by now.
        ['Get ./DCMO/usb'],
      ],
    ],
    [
      'an EXEC, then a read of its MO',
      [
        ['EXEC', `${DCMO}/usb/Operations/Enable`],
        ['GET', `${DCMO}/usb/Enabled`],
      ],
      [['Exec ./DCMO/usb/Operations/Enable'], ['Get ./DCMO/usb/Enabled']],
    ],
    [
      'a DELETE of an instance, then a search of instances that are known',
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
  ])('%s', (_, commands, expected) => {
    expect(messages(commands)).toEqual(expected);
  });

  it('a search serves all commands that need one', () => {
    const commands = [
      ['GET', `${DCMO}/*/Property`],
      ['GET', `${FUMO}//State`],
      ['DELETE', `${DCMO}/(x)/?nv=(x)/Property:USB`],
    ];
    const all = messages(commands);
    expect(all[0]).toEqual(['Get .']);
    expect(all.flat().filter((line) => line === 'Get .')).toHaveLength(1);
  });

  it('what an HGET will write is not read before, although it is still looking for the place', () => {
    const commands = [
      ['HGET', DATA, `${DCMO}/(x)/Enabled?nv=(x)/Property:USB`],
      ['GET', `${DCMO}/usb/Enabled`],
      ['EXEC', `${FUMO}/FUMO/Update`],
    ];
    const lines = messages(commands, { repository: () => document('false', 'text/plain') }).flat();
    expect(lines.slice(-3)).toEqual(['Replace ./DCMO/usb/Enabled', 'Get ./DCMO/usb/Enabled', 'Exec ./FUMO/Update']);
  });

  it('nothing is written before the value that an earlier command is about to write', () => {
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

  it.each<[string, readonly string[], readonly string[]]>([
    ['a DELETE of that place', ['DELETE', PROPERTY], ['Replace ./DCMO/usb/Property', 'Delete ./DCMO/usb/Property']],
    ['an EXEC of anything', ['EXEC', `${FUMO}/FUMO/Update`], ['Replace ./DCMO/usb/Property', 'Exec ./FUMO/Update']],
  ])('%s waits while a write may have to be tried another way', (_, command, last) => {
    const outcome = onPhone([['HGET', DATA, PROPERTY], command], {
      repository: () => document('new', 'text/plain'),
      // The leaf does not show, but it is there: Add fails, Replace does not.
      options: { next: [404], exec: { './FUMO/Update': () => 200 } },
    });
    expect(outcome.statuses).toEqual(['200', '200']);
    expect(outcome.device.log.slice(-2)).toEqual(last);
  });

  it('a DELETE elsewhere waits for what is still to be written, not for its retry', () => {
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

  it('nor what the members of a document will write', () => {
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

  it('a device that is only getting known may be asked again before something is deleted', () => {
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

describe('the Data Repository', () => {
  const order = (commands: readonly (readonly string[])[]) =>
    onPhone(commands, {
      repository: () => document('true', 'text/plain'),
      options: { exec: { './FUMO/Update': () => 200 } },
    }).order;

  it('is asked for documents early, while commands for the device wait', () => {
    expect(
      order([
        ['DELETE', PROPERTY],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
        ['HGET', `${DATA}/b`, `${DCMO}/camera/Enabled`],
      ]).slice(0, 3),
    ).toEqual([`GET ${DATA}/a`, `GET ${DATA}/b`, 'Delete ./DCMO/usb/Property']);
  });

  it.each([
    ['HPUT', `PUT ${DATA}/up`],
    ['HPOST', `POST ${DATA}/up`],
  ])('not before an earlier %s', (name, sent) => {
    expect(
      order([
        [name, `${DATA}/up`, PROPERTY],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
      ]).slice(0, 3),
    ).toEqual(['Get ./DCMO/usb/Property', sent, `GET ${DATA}/a`]);
  });

  it('not before an earlier EXEC', () => {
    expect(
      order([
        ['EXEC', `${FUMO}/FUMO/Update`],
        ['HGET', `${DATA}/a`, `${DCMO}/usb/Enabled`],
      ]).slice(0, 2),
    ).toEqual(['Exec ./FUMO/Update', `GET ${DATA}/a`]);
  });

  it('gets data only when everything before is done', () => {
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

describe('what was read', () => {
  it('is not read again by the next command', () => {
    const commands = [
      ['GET', `${DCMO}/usb/`],
      ['HPUT', DATA, PROPERTY],
      ['GET', `${DCMO}/usb/Operations/*`],
    ];
    expect(messages(commands)).toHaveLength(1);
  });

  it('is forgotten where a command has changed it, whatever order the answers come in', () => {
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

  it('is forgotten everywhere after an EXEC', () => {
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

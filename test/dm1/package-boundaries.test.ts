import { describe, expect, test } from 'vitest';
import {
  alert,
  cmdIdOf,
  DEVICE_URI,
  devInfo,
  get,
  headerOk,
  LockStep,
  leaf,
  measureXml,
  outline,
  RESP_URI,
  replace,
  results,
  SERVER_URI,
  status,
} from './lock-step.ts';

describe('a session', () => {
  test('answers Package#1 with a Status for SyncHdr, Statuses in order, commands and Final', () => {
    const device = new LockStep({ announce: { maxMsgSize: 1000000, maxObjSize: 16000000 } });
    const message = device.begins(get('a'));
    expect(outline(message)).toEqual(['Status:SyncHdr:212', 'Status:Alert:200', 'Status:Replace:200', 'Get', 'Final']);
    expect(message.commands.map((command) => command.cmdId)).toEqual(['1', '2', '3', '4']);
    expect(message.commands[0]).toMatchObject({
      msgRef: 1,
      cmdRef: '0',
      targetRefs: [SERVER_URI],
      sourceRefs: [DEVICE_URI],
    });
    expect(message.commands[2]).toMatchObject({ cmdRef: '2', targetRefs: [], sourceRefs: [] });
    expect(message.header).toEqual({
      verDtd: '1.2',
      verProto: 'DM/1.3',
      sessionId: '1',
      msgId: 1,
      target: { locUri: DEVICE_URI },
      source: { locUri: SERVER_URI },
      respUri: RESP_URI,
      meta: { maxMsgSize: 1000000, maxObjSize: 16000000 },
    });
    expect(device.effects).toContainEqual({
      type: 'devInfoReceived',
      leaves: { './DevInfo/DevId': DEVICE_URI },
      formats: {},
    });
  });

  test('announces its sizes once and sends RespURI always', () => {
    const device = new LockStep({ announce: { maxMsgSize: 1000, maxObjSize: 2000 } });
    device.begins(get('a'));
    device.says([headerOk(1), status(1, 4, 'Get', 404)]);
    const { header } = device.answers();
    expect(header.meta).toBeUndefined();
    expect(header.respUri).toBe(RESP_URI);
  });

  test.each([
    ['1.1', '1.1', 'DM/1.1'],
    ['1.2', '1.2', 'DM/1.2'],
    ['1.3', '1.2', 'DM/1.3'],
  ] as const)('of DM/%s has VerDTD %s', (version, verDtd, verProto) => {
    const { header } = new LockStep({ version }).begins();
    expect([header.verDtd, header.verProto]).toEqual([verDtd, verProto]);
  });

  test.each([
    ['1.1', undefined],
    ['1.2', 'c1'],
  ] as const)('of DM/%s sends the Correlator: %s', (version, correlator) => {
    const device = new LockStep({ version });
    const message = device.begins({ id: 'x', name: 'Exec', items: [{ target: './x' }], correlator: 'c1' });
    const exec = message.commands.find((command) => command.name === 'Exec');
    expect(exec !== undefined && 'correlator' in exec ? exec.correlator : undefined).toBe(correlator);
  });

  test('continues the MsgIDs of the challenge', () => {
    expect(new LockStep({ nextMsgId: 3 }, 3).begins().header.msgId).toBe(3);
  });

  test('ends with an empty package when nothing is left to do', () => {
    const device = new LockStep();
    expect(outline(device.begins())).toEqual(['Status:SyncHdr:212', 'Status:Alert:200', 'Status:Replace:200', 'Final']);
    expect(device.session.phase).toBe('closed');
  });

  test('is ready for commands only when the device has closed its package', () => {
    const device = new LockStep();
    device.says([alert('1201')], { final: false });
    expect(device.session.phase).toBe('initializing');
    device.answers();
    device.says([headerOk(1), devInfo()]);
    expect(device.session.phase).toBe('ready');
  });
});

describe('a package of several messages (DM-1.3 §7)', () => {
  test('is exchanged as in Figure 1', () => {
    const device = new LockStep();
    const first = device.begins(get('a'), get('b'));
    expect(outline(first)).toEqual([
      'Status:SyncHdr:212',
      'Status:Alert:200',
      'Status:Replace:200',
      'Sequence[Get,Get]',
      'Final',
    ]);
    // Pkg #3 (1/2): Status on SyncHdr and commands, Results
    const meta = { maxMsgSize: 1400 };
    device.says(
      [
        headerOk(1),
        status(1, 4, 'Sequence', 200),
        status(1, 5, 'Get', 200),
        status(1, 6, 'Get', 200),
        results(1, 5, [leaf('./a', 'A')]),
      ],
      { final: false, meta },
    );
    device.plans(replace('big', 'x'.repeat(800)));
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Alert:1222']);
    expect(device.outcomeStatuses).toEqual([]);
    // Pkg #3 (2/2): Status on SyncHdr and Alert, Results, Final
    device.says([headerOk(2), status(2, 2, 'Alert', 200), results(1, 6, [leaf('./b', 'B')])]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:200']);
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Replace+']);
    // Pkg #3 (1/2): Status on SyncHdr and commands, Alert 1222
    device.says([headerOk(3), status(3, 2, 'Replace', 213), alert('1222')], { final: false });
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Replace', 'Final']);
    // Pkg #3 (2/2): Status on SyncHdr and command, Results, Final
    device.says([headerOk(4), status(4, 3, 'Replace', 200)]);
    device.plans(get('c'));
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Get', 'Final']);
    device.says([headerOk(5), status(5, 2, 'Get', 200), results(5, 2, [leaf('./c', 'C')])]);
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:200', 'big:200', 'c:200']);
    expect(device.outcomes[0]?.results).toEqual([{ source: './a', data: 'A' }]);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  test('gets the Next Message response while Package#1 is open, even with commands in the queue', () => {
    const device = new LockStep();
    device.says([alert('1200')], { final: false });
    device.plans(get('a'));
    const message = device.answers('hold');
    expect(outline(message)).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Alert:1222']);
    device.says([headerOk(1), status(1, cmdIdOf(message, 0), 'Alert', 200), devInfo()]);
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Status:Replace:200', 'Get', 'Final']);
  });

  test('gets as many Statuses as fit, and the others in the next messages before any command', () => {
    const device = new LockStep();
    const many = Array.from({ length: 12 }, () => alert('1224', [leaf('./x', 'v')]));
    device.says([alert('1201'), devInfo(), ...many], { meta: { maxMsgSize: 1500 } });
    device.plans(get('a'));
    const seen: string[] = [];
    let message = device.answers();
    expect(message.final).toBe(false);
    expect(outline(message).at(-1)).toBe('Alert:1222');
    while (!message.final) {
      seen.push(
        ...message.commands.flatMap((each) => (each.name === 'Status' && each.msgRef === 1 ? [each.cmdRef] : [])),
      );
      // The device must not close its package before we have closed ours (§7.2).
      device.says(
        [headerOk(message.header.msgId), status(message.header.msgId, message.commands.length, 'Alert', 200)],
        {
          final: false,
        },
      );
      message = device.answers();
    }
    seen.push(
      ...message.commands.flatMap((each) => (each.name === 'Status' && each.msgRef === 1 ? [each.cmdRef] : [])),
    );
    expect(seen).toEqual(['0', ...Array.from({ length: 14 }, (_, index) => String(index + 1))]);
    expect(outline(message).slice(-2)).toEqual(['Get', 'Final']);
  });

  test('does not end the session while some Statuses do not fit', () => {
    const device = new LockStep();
    const many = Array.from({ length: 12 }, () => alert('1224', [leaf('./x', 'v')]));
    device.says([alert('1201'), devInfo(), ...many], { meta: { maxMsgSize: 1500 } });
    const message = device.answers();
    expect(measureXml(message)).toBeLessThanOrEqual(1500);
    expect(outline(message).at(-1)).toBe('Alert:1222');
    expect(device.session.phase).not.toBe('closed');
  });

  test('without progress aborts the session after 50 messages', () => {
    const device = new LockStep();
    device.begins(get('a'));
    const answers = Array.from({ length: 50 }, () => {
      device.says([], { final: false });
      return outline(device.answers()).slice(1);
    });
    expect(answers[48]).toEqual(['Alert:1222']);
    expect(answers[49]).toEqual(['Alert:1223', 'Final']);
    expect(device.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });
});

describe('progress', () => {
  test('is every Status for a command, so that a slow device is not aborted', () => {
    const device = new LockStep({ ordering: 'plain' });
    const commands = Array.from({ length: 60 }, (_, index) => replace(`c${index}`));
    const first = device.begins(...commands);
    for (const index of commands.keys()) {
      device.says([status(1, cmdIdOf(first, index), 'Replace', 200)], { final: false });
      expect(outline(device.answers()).slice(1)).toEqual(['Alert:1222']);
    }
  });
});

describe('a message of ours', () => {
  test('does not repeat the MsgID of a challenge, which had the MsgID of the device', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.msgId = 5;
    device.says([headerOk(1)]);
    expect(device.answers().header.msgId).toBe(5);
  });

  test('is the Next Message response when the device begins an object while Statuses are left', () => {
    const device = new LockStep();
    const many = Array.from({ length: 12 }, () => alert('1224', [leaf('./x', 'v')]));
    device.says([alert('1201'), devInfo(), ...many], { meta: { maxMsgSize: 1500 } });
    device.plans(get('a'));
    expect(outline(device.answers()).at(-1)).toBe('Alert:1222');
    const chunk = { ...leaf('./e', 'part', { format: 'chr', type: 'x' }), moreData: true as const };
    device.says([headerOk(1), alert('1226', [chunk])], { final: false, meta: { maxMsgSize: 9000 } });
    const message = device.answers();
    expect(outline(message).slice(-2)).toEqual(['Status:Alert:213', 'Alert:1222']);
    expect(device.session.phase).toBe('ready');
  });
});

describe('a session whose backend is slow', () => {
  test('counts its holds anew after a command', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()]);
    for (let turn = 1; turn <= 20; turn += 1) {
      if (turn === 10) device.plans(replace('a'));
      const message = device.answers('hold');
      const name = turn === 10 ? 'Replace' : 'Get';
      expect(outline(message).slice(-2)).toEqual([name, 'Final']);
      const { msgId } = message.header;
      device.says([headerOk(msgId), status(msgId, cmdIdOf(message, 0), name, 200)]);
    }
    expect(device.session.phase).toBe('ready');
  });

  test('sends a Get for DevId at most ten times, without an outcome, and then ends', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()]);
    for (let count = 1; count <= 10; count += 1) {
      const message = device.answers('hold');
      expect(outline(message).slice(-2)).toEqual(['Get', 'Final']);
      const cmdId = cmdIdOf(message, 0);
      const { msgId } = message.header;
      device.says([
        headerOk(msgId),
        status(msgId, cmdId, 'Get', 200),
        results(msgId, cmdId, [leaf('./DevInfo/DevId', DEVICE_URI)]),
      ]);
    }
    expect(outline(device.answers('hold'))).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(device.session.phase).toBe('closed');
    expect(device.outcomeStatuses).toEqual([]);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
    expect(device.effects.filter((effect) => effect.type === 'aborted')).toHaveLength(1);
  });

  test('sends commands of the queue instead of a Get', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()]);
    device.plans(replace('a'));
    expect(outline(device.answers('hold')).slice(-2)).toEqual(['Replace', 'Final']);
  });
});

describe('an abort (DM-1.3 §6.1)', () => {
  test('of the device counts the Statuses and Results of the same message', () => {
    const device = new LockStep();
    device.begins(get('a'), get('b'), get('c'));
    device.plans(get('d'));
    device.says([
      alert('1223'),
      headerOk(1),
      status(1, 5, 'Get', 200),
      results(1, 5, [leaf('./a', 'A')]),
      status(1, 6, 'Get', 200),
    ]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(device.effects.at(-1)).toEqual({ type: 'aborted', by: 'device', reason: 'the device sent Alert 1223' });
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Final']);
  });

  test('of the bridge is sent with the Statuses that are due; later messages are answered without effect', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { final: false });
    const message = device.answers('abort');
    expect(outline(message)).toEqual([
      'Status:SyncHdr:200',
      'Status:Alert:200',
      'Status:Replace:200',
      'Alert:1223',
      'Final',
    ]);
    const effects = device.says([headerOk(1), status(1, 4, 'Alert', 200), alert('1224', [leaf('./x', 'v')])]);
    expect(effects).toEqual([]);
    expect(outline(device.answers('continue'))).toEqual(['Status:SyncHdr:200', 'Status:Alert:215', 'Final']);
    device.says([alert('1226')]);
    expect(outline(device.answers('abort'))).toEqual(['Status:SyncHdr:200', 'Status:Alert:215', 'Final']);
  });

  test('is reported for commands that come after the end of the session', () => {
    const device = new LockStep();
    device.begins();
    device.plans(get('late'));
    expect(device.effects.at(-1)).toMatchObject({ type: 'aborted', by: 'bridge' });
    expect(device.session.queue).toEqual([]);
  });
});

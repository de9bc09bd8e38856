import { describe, expect, it } from 'vitest';
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

describe('Package#1 and Package#2', () => {
  it('answers SyncHdr first, then each command in order, then sends commands and Final', () => {
    const peer = new LockStep({ announce: { maxMsgSize: 1000000, maxObjSize: 16000000 } });
    const message = peer.begins(get('a'));
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
    expect(peer.effects).toContainEqual({ type: 'devInfoReceived', leaves: { './DevInfo/DevId': DEVICE_URI } });
  });

  it('announces its sizes once and gives RespURI always', () => {
    const peer = new LockStep({ announce: { maxMsgSize: 1000, maxObjSize: 2000 } });
    peer.begins(get('a'));
    peer.says([headerOk(1), status(1, 4, 'Get', 404)]);
    const { header } = peer.answers();
    expect(header.meta).toBeUndefined();
    expect(header.respUri).toBe(RESP_URI);
  });

  it.each([
    ['1.1', '1.1', 'DM/1.1'],
    ['1.2', '1.2', 'DM/1.2'],
    ['1.3', '1.2', 'DM/1.3'],
  ] as const)('speaks DM/%s with VerDTD %s', (version, verDtd, verProto) => {
    const { header } = new LockStep({ version }).begins();
    expect([header.verDtd, header.verProto]).toEqual([verDtd, verProto]);
  });

  it.each([
    ['1.1', undefined],
    ['1.2', 'c1'],
  ] as const)('sends a Correlator to DM/%s: %s', (version, correlator) => {
    const peer = new LockStep({ version });
    const message = peer.begins({ id: 'x', name: 'Exec', items: [{ target: './x' }], correlator: 'c1' });
    const exec = message.commands.find((command) => command.name === 'Exec');
    expect(exec !== undefined && 'correlator' in exec ? exec.correlator : undefined).toBe(correlator);
  });

  it('counts its messages on from the challenge', () => {
    expect(new LockStep({ nextMsgId: 3 }, 3).begins().header.msgId).toBe(3);
  });

  it('ends with an empty package when nothing is left to do', () => {
    const peer = new LockStep();
    expect(outline(peer.begins())).toEqual(['Status:SyncHdr:212', 'Status:Alert:200', 'Status:Replace:200', 'Final']);
    expect(peer.session.phase).toBe('closed');
  });

  it('is ready for commands only when the device has closed its package', () => {
    const peer = new LockStep();
    peer.says([alert('1201')], { final: false });
    expect(peer.session.phase).toBe('initializing');
    peer.answers();
    peer.says([headerOk(1), devInfo()]);
    expect(peer.session.phase).toBe('ready');
  });
});

describe('multiple messages in a package (DM-1.3 §7)', () => {
  it('plays Figure 1', () => {
    const peer = new LockStep();
    const first = peer.begins(get('a'), get('b'));
    expect(outline(first)).toEqual([
      'Status:SyncHdr:212',
      'Status:Alert:200',
      'Status:Replace:200',
      'Sequence[Get,Get]',
      'Final',
    ]);
    // Pkg #3 (1/2): Status on SyncHdr and commands, Results
    const meta = { maxMsgSize: 1400 };
    peer.says(
      [
        headerOk(1),
        status(1, 4, 'Sequence', 200),
        status(1, 5, 'Get', 200),
        status(1, 6, 'Get', 200),
        results(1, 5, [leaf('./a', 'A')]),
      ],
      { final: false, meta },
    );
    peer.plans(replace('big', 'x'.repeat(800)));
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Alert:1222']);
    expect(peer.told).toEqual([]);
    // Pkg #3 (2/2): Status on SyncHdr and Alert, Results, Final
    peer.says([headerOk(2), status(2, 2, 'Alert', 200), results(1, 6, [leaf('./b', 'B')])]);
    expect(peer.told).toEqual(['a:200', 'b:200']);
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Replace+']);
    // Pkg #3 (1/2): Status on SyncHdr and commands, Alert 1222
    peer.says([headerOk(3), status(3, 2, 'Replace', 213), alert('1222')], { final: false });
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Replace', 'Final']);
    // Pkg #3 (2/2): Status on SyncHdr and command, Results, Final
    peer.says([headerOk(4), status(4, 3, 'Replace', 200)]);
    peer.plans(get('c'));
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Get', 'Final']);
    peer.says([headerOk(5), status(5, 2, 'Get', 200), results(5, 2, [leaf('./c', 'C')])]);
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(peer.told).toEqual(['a:200', 'b:200', 'big:200', 'c:200']);
    expect(peer.outcomes[0]?.results).toEqual([{ source: './a', data: 'A' }]);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  it('answers an open Package#1 with the Next Message response, whatever is planned', () => {
    const peer = new LockStep();
    peer.says([alert('1200')], { final: false });
    peer.plans(get('a'));
    const message = peer.answers('hold');
    expect(outline(message)).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Alert:1222']);
    peer.says([headerOk(1), status(1, cmdIdOf(message, 0), 'Alert', 200), devInfo()]);
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Status:Replace:200', 'Get', 'Final']);
  });

  it('sends as many Statuses as fit, asks for the next message, and sends the rest before anything else', () => {
    const peer = new LockStep();
    const many = Array.from({ length: 12 }, () => alert('1224', [leaf('./x', 'v')]));
    peer.says([alert('1201'), devInfo(), ...many], { meta: { maxMsgSize: 1500 } });
    peer.plans(get('a'));
    const seen: string[] = [];
    let message = peer.answers();
    expect(message.final).toBe(false);
    expect(outline(message).at(-1)).toBe('Alert:1222');
    while (!message.final) {
      seen.push(
        ...message.commands.flatMap((each) => (each.name === 'Status' && each.msgRef === 1 ? [each.cmdRef] : [])),
      );
      // The device must not close its package before we have closed ours (§7.2).
      peer.says([headerOk(message.header.msgId), status(message.header.msgId, message.commands.length, 'Alert', 200)], {
        final: false,
      });
      message = peer.answers();
    }
    seen.push(
      ...message.commands.flatMap((each) => (each.name === 'Status' && each.msgRef === 1 ? [each.cmdRef] : [])),
    );
    expect(seen).toEqual(['0', ...Array.from({ length: 14 }, (_, index) => String(index + 1))]);
    expect(outline(message).slice(-2)).toEqual(['Get', 'Final']);
  });

  it('does not end the session with more Statuses than fit', () => {
    const peer = new LockStep();
    const many = Array.from({ length: 12 }, () => alert('1224', [leaf('./x', 'v')]));
    peer.says([alert('1201'), devInfo(), ...many], { meta: { maxMsgSize: 1500 } });
    const message = peer.answers();
    expect(measureXml(message)).toBeLessThanOrEqual(1500);
    expect(outline(message).at(-1)).toBe('Alert:1222');
    expect(peer.session.phase).not.toBe('closed');
  });

  it('aborts after 50 messages without progress', () => {
    const peer = new LockStep();
    peer.begins(get('a'));
    const answers = Array.from({ length: 50 }, () => {
      peer.says([], { final: false });
      return outline(peer.answers()).slice(1);
    });
    expect(answers[48]).toEqual(['Alert:1222']);
    expect(answers[49]).toEqual(['Alert:1223', 'Final']);
    expect(peer.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });
});

describe('holding the device', () => {
  it('asks for DevId at most ten times, reports nothing of it, then ends the session', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()]);
    for (let count = 1; count <= 10; count += 1) {
      const message = peer.answers('hold');
      expect(outline(message).slice(-2)).toEqual(['Get', 'Final']);
      const cmdId = cmdIdOf(message, 0);
      const { msgId } = message.header;
      peer.says([
        headerOk(msgId),
        status(msgId, cmdId, 'Get', 200),
        results(msgId, cmdId, [leaf('./DevInfo/DevId', DEVICE_URI)]),
      ]);
    }
    expect(outline(peer.answers('hold'))).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(peer.session.phase).toBe('closed');
    expect(peer.told).toEqual([]);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
    expect(peer.effects.filter((effect) => effect.type === 'aborted')).toHaveLength(1);
  });

  it('sends what is planned rather than a Get', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()]);
    peer.plans(replace('a'));
    expect(outline(peer.answers('hold')).slice(-2)).toEqual(['Replace', 'Final']);
  });
});

describe('abort (DM-1.3 §6.1)', () => {
  it('counts the Statuses and Results beside the Alert 1223 of a device', () => {
    const peer = new LockStep();
    peer.begins(get('a'), get('b'), get('c'));
    peer.plans(get('d'));
    peer.says([
      alert('1223'),
      headerOk(1),
      status(1, 5, 'Get', 200),
      results(1, 5, [leaf('./a', 'A')]),
      status(1, 6, 'Get', 200),
    ]);
    expect(peer.told).toEqual(['a:200']);
    expect(peer.effects.at(-1)).toEqual({ type: 'aborted', by: 'device', reason: 'the device sent Alert 1223' });
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Status:Alert:200', 'Final']);
  });

  it('sends its own with the Statuses due, and answers what comes back without effect', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()], { final: false });
    const message = peer.answers('abort');
    expect(outline(message)).toEqual([
      'Status:SyncHdr:200',
      'Status:Alert:200',
      'Status:Replace:200',
      'Alert:1223',
      'Final',
    ]);
    const effects = peer.says([headerOk(1), status(1, 4, 'Alert', 200), alert('1224', [leaf('./x', 'v')])]);
    expect(effects).toEqual([]);
    expect(outline(peer.answers('continue'))).toEqual(['Status:SyncHdr:200', 'Status:Alert:215', 'Final']);
    peer.says([alert('1226')]);
    expect(outline(peer.answers('abort'))).toEqual(['Status:SyncHdr:200', 'Status:Alert:215', 'Final']);
  });

  it('gives commands that come too late an end', () => {
    const peer = new LockStep();
    peer.begins();
    peer.plans(get('late'));
    expect(peer.effects.at(-1)).toMatchObject({ type: 'aborted', by: 'bridge' });
    expect(peer.session.queue).toEqual([]);
  });
});

/** Statuses that wait for the next message are stored in blocks, and another process goes on with them. */
import { expect, test } from 'vitest';
import { basicCred, packageOne, syncml } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, noCommands, tokenOf } from './bridge-under-test.ts';

test('another process sends the Statuses that did not fit', async () => {
  const bridge = await BridgeUnderTest.open({ script: () => noCommands() });
  const gets = Array.from({ length: 400 }, (_, at) => {
    return `<Get><CmdID>${at + 10}</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item></Get>`;
  });
  const meta = '<Meta><MaxMsgSize xmlns="syncml:metinf">9000</MaxMsgSize></Meta>';
  const statuses: string[] = [];
  let answer = await bridge.say(packageOne(BRUCE, { meta }, gets));
  const token = tokenOf(answer);
  for (
    let msgId = 2;
    msgId < 30 && answer.commands.some(({ node }) => node.children.at(-1)?.text === '1222');
    msgId += 1
  ) {
    statuses.push(...answer.statuses);
    expect((await bridge.state()).session?.south.dueStatuses.length).toBeLessThanOrEqual(128);
    bridge.kill();
    answer = await bridge.say(syncml({ msgId, cred: basicCred(BRUCE) }, []), { token });
  }
  statuses.push(...answer.statuses);
  const ofGets = statuses.filter((each) => each.startsWith('Get '));
  expect(ofGets.map((each) => each.split(' ')[1])).toEqual(gets.map((_, at) => String(at + 10)));
});

/** `dmbridge serve` as a process: how it starts and stops, and that its logs show no secret. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { basicCred, event, md5Cred, packageOne, readAnswer, reply, syncml } from './scripted-device.ts';

const BRUCE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const DEVICES =
  'devId,user,password,clientNonce,serverUser,serverPassword\nIMEI:1,bruce,OhBehave,cHJvdmlzaW9uZWQ=,srv,SrvSecret\nIMEI:2,austin,Groovy,,,\n';

const backend = new ScriptedBackend();
let url = '';
let bridge: BridgeProcess | undefined;
beforeAll(async () => {
  url = await backend.open();
});
afterEach(async () => {
  await bridge?.remove();
  bridge = undefined;
});
afterAll(() => backend.close());

async function start(more = ''): Promise<BridgeProcess> {
  bridge = new BridgeProcess(url, DEVICES, more);
  await bridge.start();
  return bridge;
}

describe('the start', () => {
  test('a bridge that is ready prints one line on stdout and has all three listeners open', async () => {
    const served = new BridgeProcess(url, DEVICES);
    bridge = served;
    expect(await served.start()).toMatch(/^dmbridge ready south=http:\S+\/dm north=http:\S+ admin=http:\S+\n$/u);
    expect((await fetch(`${served.admin}/healthz`)).status).toBe(200);
    expect((await fetch(`${served.admin}/readyz`)).status).toBe(200);
  });

  test('a bridge with a wrong configuration ends with 2 and names every mistake with file, line and key', async () => {
    const served = new BridgeProcess('ftp://nowhere', DEVICES, 'colour: red\nlog2: { level: x }');
    bridge = served;
    await expect(served.start()).rejects.toThrow('ended with 2');
    expect(served.stderr.trim().split('\n').toSorted()).toEqual([
      expect.stringMatching(/^dmbridge\.yaml:4: accounts\.main\.url: /u),
      expect.stringMatching(/^dmbridge\.yaml:8: colour: /u),
      expect.stringMatching(/^dmbridge\.yaml:9: log2: /u),
    ]);
  });

  test('a bridge whose started process is killed leaves nothing running', async () => {
    const served = await start();
    await served.kill();
    await expect(fetch(`${served.admin}/healthz`)).rejects.toThrow();
  });

  test('a bridge that its launcher had to start on another Node ends with the launcher', async () => {
    const guard = fileURLToPath(new URL('../../bin/end-with-launcher.cjs', import.meta.url));
    const child = spawn(process.execPath, ['--require', guard, '--eval', 'setInterval(() => {}, 1000)'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const signal = new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
    await new Promise((resolve) => child.on('spawn', resolve));
    child.disconnect();
    expect(await signal).toBe('SIGKILL');
  });

  test('the launcher ends with the exit code of the command', async () => {
    const launcher = fileURLToPath(new URL('../../bin/dmbridge.cjs', import.meta.url));
    const child = spawn(process.execPath, [launcher, 'fly'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const code = new Promise((resolve) => child.on('exit', resolve));
    expect(await text(child.stderr)).toContain('there is no command "fly"');
    expect(await code).toBe(2);
  });
});

describe('SIGTERM', () => {
  test('a stopped bridge lets the message in flight finish, takes no other, and ends with 0', async () => {
    const served = await start();
    const slow = Promise.withResolvers<void>();
    backend.answerBy(async () => {
      await slow.promise;
      return list(['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp']);
    });
    const answer = served.post(packageOne(BRUCE));
    await backend.untilReceived(1);
    const ended = served.terminate();
    await served.untilLogged(/"event":"bridge.stopping"/u);
    await expect(served.post(packageOne(BRUCE, { sessionId: '2' }))).rejects.toThrow();
    slow.resolve();
    const got = await answer;
    expect(readAnswer(got.body).commands.map(({ name }) => name)).toEqual(['Get']);
    expect(await ended).toBe(0);
    await served.start();
    backend.answerBy(() => list(['END']));
    const next = syncml({ msgId: 2 }, reply(readAnswer(got.body), { './DevDetail/DevTyp': 'Phone' }));
    const token = `/${readAnswer(got.body).respUri?.split('/').at(-1)}`;
    expect(readAnswer((await served.post(next, token)).body).final).toBe(true);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([[200]]);
  });

  test('a stopped bridge does not wait for a backend that never answers: it ends with 0 and loses no alert', async () => {
    const served = await start();
    backend.answerBy(() => 'hang');
    const note = event(3, [{ type: 'x.y', format: 'chr', data: 'kept' }]);
    const answer = served.post(packageOne(BRUCE, {}, [note])).catch(() => undefined);
    await backend.untilReceived(1);
    expect(await served.terminate()).toBe(0);
    await answer;
    backend.answerBy(() => list(['END']));
    await served.start();
    await served.post(packageOne(BRUCE, { sessionId: '2' }));
    expect(backend.packages().map(({ notes }) => notes)).toEqual([['kept']]);
  });
});

describe('logs', () => {
  test('the logs hold no password, digest, nonce, token or node value, whatever happens', async () => {
    const served = await start();
    const secret = 'N0deValueThatIsPrivate';
    backend.answerBy(({ path }, packages) => {
      if (path === '/data') return { type: 'text/plain', body: secret };
      const lists = [
        list(
          ['HGET', `${url}/data`, 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note'],
          ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//FwV'],
        ),
        list(['HGET', `${url}/data`, 'no ClientURI'], ['FLY', secret]),
      ];
      return lists[packages - 1] ?? { body: `{"CMD": ["${secret}"]}` };
    });
    const challenge = readAnswer((await served.post(packageOne(BRUCE, { cred: '' }))).body);
    const wrong = { user: 'bruce', password: 'WrongPassword' };
    await served.post(packageOne(BRUCE, { sessionId: '2', cred: basicCred(wrong) }));
    const cred = md5Cred(BRUCE, challenge.nextNonce ?? '');
    const alarm = event(3, [{ type: 'x.y', format: 'chr', data: secret, source: './Vendor/Alarm' }]);
    const nothing = event(4, [{ data: secret }]);
    let answer = readAnswer((await served.post(packageOne(BRUCE, { msgId: 2, cred }, [alarm, nothing]))).body);
    const nonces = [challenge.nextNonce, answer.nextNonce];
    const token = answer.respUri?.split('/').at(-1) ?? '';
    for (let msgId = 3; answer.commands.length > 0; msgId += 1) {
      const message = syncml({ msgId }, reply(answer, { './DevDetail/FwV': secret }));
      answer = readAnswer((await served.post(message, `/${token}`)).body);
    }
    await served.post(`<SyncML><Secret>${secret}</Secret>`);
    await served.post(syncml({ sessionId: secret, msgId: 9 }, []).replace('<SyncBody>', `<SyncBody>&${secret};`));
    expect(await served.terminate()).toBe(0);
    expect(served.stderr.split('\n').length).toBeGreaterThan(4);
    const a = createHash('md5').update('bruce:OhBehave').digest('base64');
    const secrets = [
      secret,
      'OhBehave',
      'WrongPassword',
      'Groovy',
      'SrvSecret',
      'backend-pass',
      a,
      token,
      cred,
      ...nonces,
    ];
    const encoded = ['bruce:OhBehave', 'bruce:WrongPassword', 'bridge:backend-pass'].map((each) =>
      Buffer.from(each).toString('base64'),
    );
    for (const each of [...secrets, ...encoded, 'cHJvdmlzaW9uZWQ=']) {
      expect(each).toMatch(/./u);
      expect(served.stderr.includes(each ?? ''), `a log line shows ${each}`).toBe(false);
    }
  });
});

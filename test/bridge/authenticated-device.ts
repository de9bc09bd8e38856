/**
 * A device made of text that authenticates itself by one scheme, in XML or WBXML. The test chooses for each message whether it
 * goes to RespURI, and with which credentials.
 */
import { createHash } from 'node:crypto';
import type { DeviceAnswer, DeviceRequest } from '../../src/bridge/device-request.ts';
import type { AuthScheme } from '../../src/dm1/auth-scheme.ts';
import type { Mutable } from '../../src/mutable.ts';
import { basicHeader, digestHeader, parametersOf } from '../e2e/http-credentials.ts';
import {
  type Account,
  type Answer,
  alert,
  basicCred,
  DM_XML,
  devInfo,
  readAnswer,
  reply,
  syncml,
} from '../e2e/scripted-device.ts';
import { type WireForm, XML_FORM } from '../support/transcript/wire-form.ts';
import { BRUCE, type BridgeUnderTest, PUBLIC_URL, tokenOf } from './bridge-under-test.ts';

/** The schemes whose credentials are in SyncHdr. */
export const CRED_SCHEMES: readonly AuthScheme[] = ['basic', 'md5', 'sha256'];

export interface Sent {
  readonly request: DeviceRequest;
  readonly got: DeviceAnswer;
  /** The answer as a message; undefined when it is none. */
  readonly answer: Answer | undefined;
  readonly text: string;
}

export interface How {
  /** False: the message has no credentials. */
  readonly credentials?: boolean;
  /** False: the message goes to the base of RespURI. */
  readonly token?: boolean;
  /** Instead of the nonce that counts. */
  readonly nonce?: string;
  readonly password?: string;
  readonly from?: string;
  readonly sessionId?: string;
  readonly msgId?: number;
  readonly final?: boolean;
  readonly locName?: string;
}

export class AuthenticatedDevice {
  readonly bridge: BridgeUnderTest;
  readonly scheme: AuthScheme;
  readonly account: Account;
  /** Base64 as in NextNonce, or the nonce of HTTP Digest. */
  nonce = '';
  /** Of RespURI. */
  respToken: string | undefined;
  msgId = 0;
  sessionId = '1';
  readonly #form: WireForm;
  #count = 0;

  constructor(bridge: BridgeUnderTest, scheme: AuthScheme, form = XML_FORM, account: Account = BRUCE) {
    this.bridge = bridge;
    this.scheme = scheme;
    this.account = account;
    this.#form = form;
  }

  /** Package#1, challenged first when the device knows no nonce. */
  async begins(extra: readonly string[] = [], how: How = {}): Promise<Answer> {
    this.respToken = undefined;
    this.msgId = 0;
    this.sessionId = how.sessionId ?? this.sessionId;
    const commands = [alert(1, 1201), devInfo(2, this.account.devId), ...extra];
    const needsNonce = !['basic', 'http-basic', 'tls'].includes(this.scheme) && this.nonce === '';
    if (needsNonce) await this.says(commands, { ...how, credentials: false });
    return expectAnswer(await this.says(commands, how));
  }

  /** Answers all commands of the message. */
  answers(to: Answer, leaves: Readonly<Record<string, string>>, how: How = {}): Promise<Sent> {
    return this.says(reply(to, leaves), how);
  }

  /** Sends one message and remembers what the answer says. */
  async says(commands: readonly string[], how: How = {}): Promise<Sent> {
    this.msgId = how.msgId ?? this.msgId + 1;
    const sent = await this.repeats(this.request(commands, how));
    const { answer, got } = sent;
    const challenge = got.httpChallenges?.find((each) => each.startsWith('Digest'));
    const next = parametersOf(got.headers['authentication-info']).nextnonce;
    if (challenge !== undefined) this.#useNonce(parametersOf(challenge).nonce ?? '');
    else if (next !== undefined) this.#useNonce(next);
    else if (answer?.nextNonce !== undefined) this.nonce = answer.nextNonce;
    const token = answer === undefined ? undefined : tokenOf(answer);
    if (token !== undefined) this.respToken = token;
    return sent;
  }

  /** Sends a request as it is. */
  async repeats(request: DeviceRequest): Promise<Sent> {
    const got = await this.bridge.handle(request);
    const headers = { ...got.headers };
    const wire = { startLine: '', headers, body: got.body };
    const isMessage = headers['content-type']?.startsWith('application/vnd.syncml') === true;
    if (!isMessage) return { request, got, answer: undefined, text: Buffer.from(got.body).toString() };
    const { body } = this.#form.fromWire(wire);
    return { request, got, answer: readAnswer(body), text: body };
  }

  /** The request with these commands, which is not sent. */
  request(commands: readonly string[], how: How = {}): DeviceRequest {
    const { credentials = true, token = true, from = '192.0.2.1', final = true, nonce = this.nonce } = how;
    const account = { ...this.account, password: how.password ?? this.account.password };
    const cred = credentials ? this.#cred(account, nonce) : '';
    const header = {
      devId: account.devId,
      sessionId: how.sessionId ?? this.sessionId,
      msgId: how.msgId ?? this.msgId,
      cred,
    };
    const locName = how.locName ?? (credentials ? account.user : undefined);
    const xml = syncml(locName === undefined ? header : { ...header, locName }, commands, final);
    const { headers, body } = this.#form.toWire({ startLine: '', headers: { 'content-type': DM_XML }, body: xml });
    const below = token && this.respToken !== undefined ? `/${this.respToken}` : '';
    const request: Mutable<DeviceRequest> = {
      body,
      contentType: headers['content-type'] ?? '',
      headers: credentials ? this.#headers(account, nonce, body, `/dm${below}`) : {},
      target: `/dm${below}`,
      below,
      remoteAddress: from,
    };
    if (below !== '') request.token = this.respToken;
    if (credentials && this.scheme === 'tls') {
      request.certificate = { subjectCN: [account.devId], sanUri: [], sanDns: [] };
    }
    return request;
  }

  #useNonce(nonce: string): void {
    this.nonce = nonce;
    this.#count = 0;
  }

  #cred({ user, password }: Account, nonce: string): string {
    if (this.scheme === 'basic') return basicCred({ user, password });
    if (this.scheme !== 'md5' && this.scheme !== 'sha256') return '';
    const bytes = Buffer.concat([Buffer.from(`${a(this.scheme, user, password)}:`), Buffer.from(nonce, 'base64')]);
    const data = createHash(this.scheme).update(bytes).digest('base64');
    const type = this.scheme === 'md5' ? 'syncml:auth-md5' : 'syncml:auth-SHA256';
    const meta = `<Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">${type}</Type>`;
    return `<Cred><Meta>${meta}</Meta><Data>${data}</Data></Cred>`;
  }

  #headers(account: Account, nonce: string, body: Uint8Array, uri: string): Record<string, string> {
    switch (this.scheme) {
      case 'hmac-md5':
      case 'hmac-sha256':
        return { 'x-syncml-hmac': macOf(account, nonce, body, this.scheme === 'hmac-md5' ? 'md5' : 'sha256') };
      case 'http-basic':
        return { authorization: basicHeader(account) };
      case 'http-digest':
        this.#count += 1;
        return { authorization: digestHeader(account, nonce, { uri, nc: this.#count }) };
      default:
        return {};
    }
  }
}

export function expectAnswer({ answer, text }: Sent): Answer {
  if (answer === undefined) throw new Error(`no message: ${text}`);
  return answer;
}

/** True when the answer has no token, no command, and nothing but refusals. */
export function isChallenge({ answer }: Sent): boolean {
  if (answer === undefined) return false;
  const { statuses, commands, respUri } = answer;
  return commands.length === 0 && respUri === PUBLIC_URL && statuses.every((each) => /40[17]$/u.test(each));
}

function a(algorithm: 'md5' | 'sha256', user: string, password: string): string {
  return createHash(algorithm).update(`${user}:${password}`).digest('base64');
}

function macOf({ user, password }: Account, nonce: string, body: Uint8Array, algorithm: 'md5' | 'sha256'): string {
  const b64 = (data: Uint8Array) => createHash(algorithm).update(data).digest('base64');
  const key = Buffer.from(`${a(algorithm, user, password)}:`);
  const mac = b64(Buffer.concat([key, Buffer.from(nonce, 'base64'), Buffer.from(`:${b64(body)}`)]));
  return `algorithm=${algorithm.toUpperCase()}, username="${user}", mac=${mac}`;
}

/** DM Account and Session Information, the virtual MOs of the bridge (DM-2.0 §12.2, §12.4, Appendix I.2). */
import { describe, expect, test } from 'vitest';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { DATA, document, knowledgeOf } from '../north/model/play.ts';
import { DMACC, dataOf, onPhone, SESSION_INFO } from '../north/model/simulated-device.ts';

const SECRET = `${DMACC}/(x)/Auth/Noti/Secret?nv=(x)/SrvID:srv1`;

describe('DM Account', () => {
  test('has one instance whose MIID is the SrvID, without Perm and without secrets', () => {
    const knowledge = knowledgeOf({ accountValues: { main: { 'Auth/Noti/Secret': 'hush' } } });
    const outcome = onPhone([['GET', `${DMACC}/srv1/`]], { knowledge });
    expect(dataOf(outcome)).toEqual([
      {
        DDF: `https://bridge.example/ddf/${DMACC}.ddf`,
        ClientURI: `${DMACC}/srv1/`,
        CV: 'gVCcuA25nwpTldsb',
        MOData: {
          srv1: { SrvID: 'srv1', SrvURI: 'https://backend.example/dm', Name: 'main', Auth: { Noti: { Type: 0 } } },
        },
      },
    ]);
    expect(outcome.trips).toEqual([]);
  });

  test.each([
    ['ServerID', 'urn:oma:mo:oma-dm-dmacc:2.0/srv1/ServerID', '200'],
    ['SrvID', `${DMACC}//SrvID`, '200'],
    ['AuthNoti/AuthType', `${DMACC}//AuthNoti/AuthType`, '200'],
    ['Perm', `${DMACC}//Perm`, '404'],
    ['a secret', `${DMACC}//Auth/Noti/Secret`, '403'],
    ['a secret by another name', `${DMACC}//AuthNoti/AuthSecret`, '403'],
    ['another MIID', `${DMACC}/srv2/`, '404'],
    ['an x-name that does not fit', `${DMACC}/(x)/?nv=(x)/SrvID:srv2`, '404'],
  ])('answers GET of %s', (_, clientUri, status) => {
    expect(onPhone([['GET', clientUri]]).statuses).toEqual([status]);
  });

  test.each<[string, RepositoryReply, string]>([
    ['text', document('AB123', 'text/plain'), 'AB123'],
    [
      'bytes',
      { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: { base64: '/wA=' } },
      'base64:/wA=',
    ],
    // Otherwise it would be taken for bytes later on.
    ['text that looks like bytes', document('base64:AAAA', 'text/plain'), `base64:${btoa('base64:AAAA')}`],
    [
      'MO data, where a bin node has base64',
      document(
        JSON.stringify(
          [{ ClientURI: '', MOData: { Secret: '/wA=' } }].map((each) => ({
            ...each,
            ClientURI: `${DMACC}//Auth/Noti/Secret`,
          })),
        ),
      ),
      'base64:/wA=',
    ],
  ])('stores a new secret: %s', (_, reply, value) => {
    const outcome = onPhone([['HGET', `${DATA}/secret`, SECRET]], { repository: () => reply });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.state.device.accountValues).toEqual({ main: { 'Auth/Noti/Secret': value } });
  });

  test('stores it under the names of Appendix I.2', () => {
    const uri = 'urn:oma:mo:oma-dm-dmacc:2.0/(x)/AuthNoti/AuthData?nv=(x)/ServerID:srv1';
    const outcome = onPhone([['HGET', `${DATA}/x`, uri]], { repository: () => document('d', 'text/plain') });
    expect(outcome.state.device.accountValues).toEqual({ main: { 'Auth/Noti/Data': 'd' } });
  });

  test.each([
    ['another leaf', `${DMACC}//SrvURI`, '403'],
    ['a hidden node', `${DMACC}//Perm`, '404'],
    ['another server', `${DMACC}/(x)/Auth/Noti/Secret?nv=(x)/SrvID:srv2`, '404'],
    ['Session Information', `${SESSION_INFO}//CBT`, '403'],
  ])('refuses HGET to %s', (_, clientUri, status) => {
    const outcome = onPhone([['HGET', `${DATA}/x`, clientUri]], { repository: () => document('1', 'text/plain') });
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.state.device.accountValues).toEqual({});
  });

  test('cannot be replaced as a whole', () => {
    const reply = document(JSON.stringify([{ ClientURI: `${DMACC}//`, MOData: { a: { SrvID: 'other' } } }]));
    expect(onPhone([['HGET', `${DATA}/x`]], { repository: () => reply }).statuses).toEqual(['403']);
  });
});

describe('Session Information', () => {
  test('has the values for other and unknown without data of the device registry', () => {
    const values = { cbt: '1', roaming: '0' };
    expect(dataOf(onPhone([['GET', `${SESSION_INFO}//`]]))).toMatchObject([
      { ClientURI: `${SESSION_INFO}//`, MOData: { SessionInfoMO: { CBT: 0, ROAMING: 2 } } },
    ]);
    expect(dataOf(onPhone([['GET', `${SESSION_INFO}//`]], { knowledge: knowledgeOf({ values }) }))).toMatchObject([
      { MOData: { SessionInfoMO: { CBT: 1, ROAMING: 0 } } },
    ]);
  });

  test('sends a single leaf in its own media type', () => {
    expect(dataOf(onPhone([['GET', `${SESSION_INFO}//ROAMING`]]))).toEqual({ type: 'text/plain', text: '2' });
  });
});

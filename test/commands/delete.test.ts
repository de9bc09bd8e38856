/** DELETE: a node goes with its sub-tree (DM-2.0 §5.3.4; design: Commands, ClientURI). */
import { describe, expect, test } from 'vitest';
import { parseMoid } from '../../src/mo/moid.ts';
import { nodeAt } from '../north/model/device.ts';
import { context } from '../north/model/play.ts';
import { DCMO, DEVINFO, DMACC, onPhone, SESSION_INFO } from '../north/model/simulated-device.ts';

describe('DELETE', () => {
  test.each([
    [`${DCMO}/usb/Property`, ['./DCMO/usb/Property']],
    [`${DCMO}/usb/`, ['./DCMO/usb']],
    [`${DCMO}/*/Ext`, ['./DCMO/camera/Ext', './DCMO/usb/Ext']],
    [`${DCMO}/usb/Operations/*`, ['./DCMO/usb/Operations/Enable', './DCMO/usb/Operations/Disable']],
    [`${DCMO}/(x)/Property?nv=(x)/Property:USB`, ['./DCMO/usb/Property']],
  ])('%s', (clientUri, gone) => {
    const outcome = onPhone([['DELETE', clientUri]]);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.log.filter((line) => line.startsWith('Delete'))).toEqual(gone.map((at) => `Delete ${at}`));
    for (const at of gone) expect(nodeAt(outcome.device.tree, at)).toBeUndefined();
  });

  test('a plain address costs one message and no reading', () => {
    const outcome = onPhone([['DELETE', `${DCMO}/usb/Property`]]);
    expect(outcome.device.log).toEqual(['Delete ./DCMO/usb/Property']);
  });

  test.each([
    [200, '200'],
    [404, '404'],
    [425, '403'],
    [403, '403'],
    [405, '405'],
    [500, '500'],
    [415, '500'],
    [420, '500'],
    [406, '501'],
    [417, '503'],
    [216, '500'],
  ])('the device answers %i: %s', (answer, status) => {
    const options = { refuse: { './DCMO/usb/Property': { Delete: answer } } };
    expect(onPhone([['DELETE', `${DCMO}/usb/Property`]], { options }).statuses).toEqual([status]);
  });

  test('that a node is permanent is told before that it is forbidden', () => {
    const options = { refuse: { './DevInfo/Lang': { Delete: 425 } } };
    expect(onPhone([['DELETE', `${DEVINFO}//Lang`]], { options }).statuses).toEqual(['405']);
  });

  test.each([
    ['what the bridge makes', `${DMACC}//SrvURI`, '405'],
    ['the same by its MIID', `${SESSION_INFO}/SessionInfoMO/`, '405'],
    ['what the backend never sees', `${DMACC}//Perm`, '404'],
    ['a wildcard that meets nothing', `${DCMO}/usb/Ext/*`, '404'],
    ['two instances', `${DCMO}//Ext`, '404'],
    ['a MIID that is missing', `${DCMO}/none/`, '404'],
    ['the MO next door', `${DCMO}/usb/..`, '404'],
    ['malformed', DCMO, '400'],
  ])('%s', (_, clientUri, status) => {
    const outcome = onPhone([['DELETE', clientUri]]);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log.filter((line) => line.startsWith('Delete'))).toEqual([]);
  });

  test('an MO that is not provisioned is 403', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    expect(onPhone([['DELETE', `${DCMO}/usb/`]], { context: { ...context, account } }).statuses).toEqual(['403']);
  });

  test('of several, all are tried and the first failure is told', () => {
    const options = { refuse: { './DCMO/camera/Ext': { Delete: 425 } } };
    const outcome = onPhone([['DELETE', `${DCMO}/*/Ext`]], { options });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb/Ext')).toBeUndefined();
  });

  test('an instance that could not be deleted is still found', () => {
    const options = { refuse: { './DCMO/usb': { Delete: 425 } } };
    const commands = [
      ['DELETE', `${DCMO}/(x)/?nv=(x)/Property:USB`],
      ['GET', `${DCMO}/(x)/Property?nv=(x)/Property:USB`],
      ['DELETE', `${DCMO}/camera/`],
      ['GET', `${DCMO}//Property`],
    ];
    expect(onPhone(commands, { options }).statuses).toEqual(['403', '200', '200', '200']);
  });
});

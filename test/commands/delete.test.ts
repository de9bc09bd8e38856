/** DELETE of nodes with their sub-trees (DM-2.0 §5.3.4). */
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
  ])('of %s deletes the nodes on the device', (clientUri, deleted) => {
    const outcome = onPhone([['DELETE', clientUri]]);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.log.filter((line) => line.startsWith('Delete'))).toEqual(deleted.map((at) => `Delete ${at}`));
    for (const at of deleted) expect(nodeAt(outcome.device.tree, at)).toBeUndefined();
  });

  test('of a plain address is one message without a reading', () => {
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
  ])('with the answer %i of the device ends with %s', (answer, status) => {
    const options = { refuse: { './DCMO/usb/Property': { Delete: answer } } };
    expect(onPhone([['DELETE', `${DCMO}/usb/Property`]], { options }).statuses).toEqual([status]);
  });

  test.each([
    ['a permanent leaf', `${DEVINFO}//Lang`],
    ['a permanent root', `${DEVINFO}//`],
    ['a wildcard that matches permanent nodes', `${DEVINFO}//*`],
    ['a permanent node that the device has elsewhere', `${DEVINFO}//FwV`],
  ])('of %s is 405 without asking a device that would let it happen', (_, clientUri) => {
    const outcome = onPhone([['DELETE', clientUri]]);
    expect(outcome.statuses).toEqual(['405']);
    expect(outcome.device.log.filter((line) => line.startsWith('Delete'))).toEqual([]);
    expect(nodeAt(outcome.device.tree, './DevInfo/Lang')).toBeDefined();
  });

  test.each([
    ['a node of a virtual MO', `${DMACC}//SrvURI`, '405'],
    ['a virtual MO by its MIID', `${SESSION_INFO}/SessionInfoMO/`, '405'],
    ['a hidden node', `${DMACC}//Perm`, '404'],
    ['a wildcard without a match', `${DCMO}/usb/Ext/*`, '404'],
    ['an MO with two instances, without a MIID', `${DCMO}//Ext`, '404'],
    ['an unknown MIID', `${DCMO}/none/`, '404'],
    ['a path that leaves the MO', `${DCMO}/usb/..`, '404'],
    ['a malformed address', DCMO, '400'],
  ])('of %s is refused', (_, clientUri, status) => {
    const outcome = onPhone([['DELETE', clientUri]]);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log.filter((line) => line.startsWith('Delete'))).toEqual([]);
  });

  test('of an MO that is not provisioned is 403', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    expect(onPhone([['DELETE', `${DCMO}/usb/`]], { context: { ...context, account } }).statuses).toEqual(['403']);
  });

  test('of several nodes deletes all that it can and ends with the first failure', () => {
    const options = { refuse: { './DCMO/camera/Ext': { Delete: 425 } } };
    const outcome = onPhone([['DELETE', `${DCMO}/*/Ext`]], { options });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb/Ext')).toBeUndefined();
  });

  test('that fails leaves an instance that later commands find', () => {
    const options = { refuse: { './DCMO/usb': { Delete: 425 } } };
    const commands = [
      ['DELETE', `${DCMO}/(x)/?nv=(x)/Property:USB`],
      ['GET', `${DCMO}/(x)/Property?nv=(x)/Property:USB`],
      ['DELETE', `${DCMO}/camera/`],
      ['GET', `${DCMO}//Property`],
    ];
    expect(onPhone(commands, { options }).statuses).toEqual(['403', '200', '200', '200']);
  });

  test('of an instance that the device does not have any more leaves the other ones to later commands', () => {
    const options = { refuse: { './DCMO/usb': { Delete: 404 } } };
    const commands = [
      ['GET', `${DCMO}/*/Property`],
      ['DELETE', `${DCMO}/usb/`],
      ['GET', `${DCMO}//Property`],
    ];
    expect(onPhone(commands, { options }).statuses).toEqual(['200', '404', '200']);
  });
});

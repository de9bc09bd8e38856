import { expect, test } from 'vitest';
import { versionsIn } from '../../src/device/dev-info.ts';

test('the versions of a device are those of its own leaves, in any order', () => {
  const one = { './DevInfo/DmV': '1.2', './DevInfo/SwV': '7', './DevInfo/Lang': 'en' };
  const same = { './DevInfo/Lang': 'de', './DevInfo/SwV': '7', './DevInfo/DmV': '1.2' };
  const other = { ...one, './DevInfo/SwV': '8' };
  expect(versionsIn(same)).toBe(versionsIn(one));
  expect(versionsIn(other)).not.toBe(versionsIn(one));
  expect(versionsIn()).toBe(versionsIn({ './DevInfo/Lang': 'en' }));
});

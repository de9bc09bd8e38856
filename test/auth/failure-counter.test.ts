import { describe, expect, test } from 'vitest';
import { FailureCounter } from '../../src/auth/failure-counter.ts';
import { parseDevId } from '../../src/device/dev-id.ts';

const failures = (counter: FailureCounter, count: number, devId = 'IMEI:1', address = '192.0.2.1') =>
  Array.from({ length: count }, () => counter.recordFailure(parseDevId(devId), address));

describe('FailureCounter', () => {
  test('the first two failures are not delayed; then the delay doubles up to its bound', () => {
    expect(failures(new FailureCounter(), 8)).toEqual([0, 0, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  test('right credentials start the count again', () => {
    const counter = new FailureCounter();
    failures(counter, 3);
    counter.recordSuccess(parseDevId('imei:1'), '192.0.2.1');
    expect(failures(counter, 3)).toEqual([0, 0, 1000]);
  });

  test('failures are counted per device, without case, and per address', () => {
    const counter = new FailureCounter();
    failures(counter, 2);
    expect(counter.recordFailure(parseDevId('imei:1'), '192.0.2.1')).toBe(1000);
    expect(counter.recordFailure(parseDevId('IMEI:2'), '192.0.2.1')).toBe(0);
    expect(counter.recordFailure(parseDevId('IMEI:1'), '192.0.2.2')).toBe(0);
    counter.recordSuccess(parseDevId('IMEI:1'), '192.0.2.2');
    expect(counter.recordFailure(parseDevId('IMEI:1'), '192.0.2.1')).toBe(2000);
  });

  test('a full counter forgets the device that failed longest ago', () => {
    const counter = new FailureCounter(2);
    failures(counter, 2, 'a');
    failures(counter, 2, 'b');
    expect(counter.recordFailure(parseDevId('a'), '192.0.2.1')).toBe(1000);
    counter.recordFailure(parseDevId('c'), '192.0.2.1');
    expect(counter.recordFailure(parseDevId('a'), '192.0.2.1')).toBe(2000);
    expect(counter.recordFailure(parseDevId('b'), '192.0.2.1')).toBe(0);
  });
});

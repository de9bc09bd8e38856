import { describe, expect, test } from 'vitest';
import { validateMoData, validatePackage2 } from '../../src/dm2/package-schema.ts';
import { validatePackage1, validatePackage3 } from '../support/dm2/validators.ts';
import * as printed from './spec-examples.ts';

describe('the printed examples', () => {
  test.each([
    ['§7.2.1.1 Package#1', printed.PACKAGE1, validatePackage1],
    ['§7.2.1.2 Package#2', printed.PACKAGE2, validatePackage2],
    ['§7.2.1.3 Package#3', printed.PACKAGE3, validatePackage3],
    ['§7.2.1.4 MO data', printed.MO_DATA, validateMoData],
    ['§7.2.1.5 Generic Alert, as part of Package#1', printed.GENERIC_ALERT, validatePackage1],
    ['Appendix F Package#2', printed.PACKAGE2_APPENDIX_F, validatePackage2],
    ['Appendix I.1 Package#1', '{}', validatePackage1],
  ])('the printed example is valid by the corrected schema: %s', (_, text, validate) => {
    const value: unknown = JSON.parse(text);
    expect(validate(value)).toEqual({ ok: true, value });
  });
});

describe('invalid JSON', () => {
  const alert = (fields: object) => ({ Alert: [{ AlertType: 'urn:a', ...fields }] });
  test.each([
    ['Alert as an object, the fault of §7.2.1.5', { Alert: { Alert: [] } }, validatePackage1, '/Alert'],
    ['an alert without AlertType', { Alert: [{ Mark: 'fatal' }] }, validatePackage1, '/Alert/0/AlertType'],
    ['Data without DataType (§5.4)', alert({ Data: {} }), validatePackage1, '/Alert/0'],
    ['Data that is no object', alert({ DataType: 'int', Data: 1 }), validatePackage1, '/Alert/0/Data'],
    ['an MO without MOID', { MOS: [{ MIID: [] }] }, validatePackage1, '/MOS/0/MOID'],
    ['an MO without MIID', { MOS: [{ MOID: 'm' }] }, validatePackage1, '/MOS/0/MIID'],
    ['Status in the number form of Appendix F', { Status: [200] }, validatePackage3, '/Status/0'],
    ['a faulty alert in Package#3, too', { Status: [], Alert: [{}] }, validatePackage3, '/Alert/0/AlertType'],
    ['the single object of Appendix F', JSON.parse(printed.MO_DATA_APPENDIX_F), validateMoData, ''],
    ['MO data without ClientURI', [{ MOData: {} }], validateMoData, '/0/ClientURI'],
    ['MOData that is no object', [{ ClientURI: 'm//', MOData: 'x' }], validateMoData, '/0/MOData'],
  ])('the corrected schemas refuse %s', (_, value, validate, pointer) => {
    expect(validate(value)).toMatchObject({ ok: false, problems: [{ pointer }] });
  });
});

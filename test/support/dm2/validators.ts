/**
 * Validators of the packages that a DM Client writes (DM-2.0 §7.2.1), by the corrected copies of the printed schemas
 * (ADR 11). The bridge only writes these packages, so their schemas are needed in tests alone.
 */
import type { Package1, Package3 } from '../../../src/dm2/package.ts';
import { compileSchema } from '../../../src/json-schema.ts';
import { PACKAGE1_SCHEMA } from './package1-schema.ts';
import { PACKAGE3_SCHEMA } from './package3-schema.ts';

/** DM-2.0 §7.2.1.1; Alert is optional there, but a DM Client always sends it (§5.2.2). */
export const validatePackage1 = compileSchema<Partial<Package1>>(PACKAGE1_SCHEMA);

/** DM-2.0 §7.2.1.3; refuses the bare numbers of Appendix F and I. */
export const validatePackage3 = compileSchema<Package3>(PACKAGE3_SCHEMA);

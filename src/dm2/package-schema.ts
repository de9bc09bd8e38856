/**
 * The validators of everything that is JSON on the DM 2.0 side (DM-2.0 §7.2), compiled once from the corrected copies of
 * the printed schemas under `schemas/`. Properties that the schemas do not name are allowed, as printed.
 */
import { compileSchema } from '../json-schema.ts';
import type { MoDataMember, Package1, Package2, Package3 } from './package.ts';
import { MO_DATA_SCHEMA } from './schemas/mo-data.ts';
import { PACKAGE1_SCHEMA } from './schemas/package1.ts';
import { PACKAGE2_SCHEMA } from './schemas/package2.ts';
import { PACKAGE3_SCHEMA } from './schemas/package3.ts';

/** DM-2.0 §7.2.1.1; Alert is optional there, a DM Client always sends it (§5.2.2). */
export const validatePackage1 = compileSchema<Partial<Package1>>(PACKAGE1_SCHEMA);

/** DM-2.0 §7.2.1.2. */
export const validatePackage2 = compileSchema<Package2>(PACKAGE2_SCHEMA);

/** DM-2.0 §7.2.1.3; refuses the bare numbers of Appendix F and I. */
export const validatePackage3 = compileSchema<Package3>(PACKAGE3_SCHEMA);

/** DM-2.0 §7.2.1.4. */
export const validateMoData = compileSchema<readonly MoDataMember[]>(MO_DATA_SCHEMA);

/**
 * Validators of the JSON that a DM Client reads (DM-2.0 §7.2), by corrected copies of the printed schemas (ADR 11).
 * Properties that the schemas do not name are allowed, as printed.
 */
import { compileSchema } from '../json-schema.ts';
import type { MoDataMember, Package2 } from './package.ts';
import { MO_DATA_SCHEMA } from './schemas/mo-data.ts';
import { PACKAGE2_SCHEMA } from './schemas/package2.ts';

/** DM-2.0 §7.2.1.2. */
export const validatePackage2 = compileSchema<Package2>(PACKAGE2_SCHEMA);

/** DM-2.0 §7.2.1.4. */
export const validateMoData = compileSchema<readonly MoDataMember[]>(MO_DATA_SCHEMA);

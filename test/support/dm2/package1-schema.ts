/**
 * JSON Schema of Package#1 (DM-2.0 §7.2.1.1), as data.
 *
 * Corrections of the printed schema:
 * 1. `"$ref": "#alert_json_schema"` resolves to nothing; it is replaced by the alert schema.
 * 2. MOID joins MIID in `required`: an entry of MOS without it has no meaning (§5.2.2 "MUST contain").
 *
 * Not corrected: DDF stays optional, and so does Alert (Appendix I.1 prints an empty package), as printed.
 */
import { ALERT_SCHEMA } from './alert-schema.ts';

export const PACKAGE1_SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  title: 'OMA DM Package#1 JSON Schema',
  type: 'object',
  properties: {
    MOS: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          DDF: { type: 'string' },
          MOID: { type: 'string' },
          MIID: { type: 'array', items: { type: 'string' } },
        },
        required: ['MOID', 'MIID'],
      },
    },
    Alert: ALERT_SCHEMA,
  },
} as const;

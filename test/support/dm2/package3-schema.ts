/**
 * JSON Schema of Package#3 (DM-2.0 §7.2.1.3), as data.
 *
 * Correction of the printed schema: `"$ref": "#alert_json_schema"` resolves to nothing; it is replaced by the alert schema.
 * The bare numbers that Appendix F and I print in `Status` contradict this schema and §7.2.1.3; they are the
 * `number` form of `codec.ts`, which this schema refuses.
 */
import { ALERT_SCHEMA } from './alert-schema.ts';

export const PACKAGE3_SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  title: 'OMA DM Package#3 JSON Schema',
  type: 'object',
  properties: {
    Status: {
      type: 'array',
      items: {
        description: 'status codes are ordered in the same sequence with the DM commands in the Package#2',
        type: 'object',
        properties: {
          sc: { type: 'number' },
          URI: { type: 'array', items: { type: 'string' } },
        },
        required: ['sc'],
      },
    },
    Alert: ALERT_SCHEMA,
  },
  required: ['Status'],
} as const;

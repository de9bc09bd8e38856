/**
 * JSON Schema of Package#2 (DM-2.0 §7.2.1.2), as data.
 *
 * No correction was needed. An empty command `[]` is valid by this schema: it fails alone, with 400.
 */
export const PACKAGE2_SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  title: 'OMA DM Package#2 JSON Schema',
  type: 'object',
  properties: {
    CMD: {
      type: 'array',
      items: { type: 'array', items: { description: 'DM CMD, parameters in order', type: 'string' } },
    },
  },
  required: ['CMD'],
} as const;

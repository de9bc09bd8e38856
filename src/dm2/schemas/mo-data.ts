/**
 * JSON Schema of `application/dmmo+json` (DM-2.0 §7.2.1.4), as data.
 *
 * No correction was needed. The single objects that Appendix F prints, and the braces around the list in Appendix I.1,
 * contradict this schema: the list is always an array.
 */
export const MO_DATA_SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  title: 'Management Object JSON Schema',
  type: 'array',
  items: {
    type: 'object',
    properties: {
      DDF: { type: 'string', description: 'DDF URL' },
      ClientURI: { type: 'string' },
      CV: { type: 'string' },
      MOData: { type: 'object' },
    },
    required: ['ClientURI', 'MOData'],
  },
} as const;

/**
 * JSON Schema of the Generic Alerts in a package (DM-2.0 §7.2.1.5), as data.
 *
 * Corrections of the printed schema:
 * 1. It describes an object with a property `Alert`; Package#1 and #3 refer to it as the value of `Alert`. Every printed
 *    example has the array there, so this is the array itself.
 * 2. The description was copied from the Status list of Package#3; dropped.
 * 3. "This property MUST be present if the Data property exists" (§5.4, DataType) became `dependencies`.
 */
export const ALERT_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      AlertType: { type: 'string' },
      SourceURI: { type: 'string' },
      TargetURI: { type: 'string' },
      Mark: { type: 'string' },
      DataType: { type: 'string' },
      Data: { type: 'object', description: 'the format is out-of-scope of this specification' },
    },
    required: ['AlertType'],
    dependencies: { Data: ['DataType'] },
  },
} as const;

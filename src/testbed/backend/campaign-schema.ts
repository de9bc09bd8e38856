/** The JSON Schema of a campaign file; its TypeScript types are in `campaign.ts`. */

const TEXT = { type: 'string' } as const;
const TEXTS = { type: 'array', items: TEXT } as const;
const NUMBER = { type: 'integer', minimum: 0 } as const;
const OPEN_LIST = { type: 'array' } as const;

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

const COMMAND = object(
  {
    do: { type: 'array', items: TEXT, minItems: 1 },
    status: { anyOf: [NUMBER, { type: 'array', items: NUMBER, minItems: 1 }] },
    uri: {},
    data: {},
  },
  ['do'],
);

const NOTIFICATION = object(
  { id: NUMBER, connections: { type: 'array', items: NUMBER, minItems: 1 }, requestMos: { type: 'boolean' } },
  ['id'],
);

const SESSION = object(
  {
    notification: NOTIFICATION,
    alerts: OPEN_LIST,
    mos: TEXTS,
    steps: {
      type: 'array',
      items: object({ commands: { type: 'array', items: COMMAND }, alerts: OPEN_LIST, accept: TEXT }, ['commands']),
    },
  },
  ['steps'],
);

const UPLOAD = object({ method: { enum: ['PUT', 'POST'] }, path: TEXT, type: TEXT, body: {} }, ['method', 'path']);

const RESOURCE = object({ type: TEXT, body: {}, base64: TEXT, status: NUMBER, delay: NUMBER, accept: TEXTS });

const FAILURE = object(
  { request: NUMBER, devId: TEXT, status: NUMBER, delay: NUMBER, drop: { type: 'boolean' }, body: TEXT, type: TEXT },
  ['request'],
);

export const CAMPAIGN_SCHEMA: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    auth: object({ user: TEXT, password: TEXT }, ['user', 'password']),
    notificationSecret: TEXT,
    paths: { ...TEXTS, minItems: 1 },
    reports: TEXTS,
    statusForm: { enum: ['object', 'number'] },
    resources: { type: 'object', additionalProperties: RESOURCE },
    failures: { type: 'array', items: FAILURE },
    rules: {
      type: 'array',
      items: object(
        {
          match: object({ devId: TEXT, model: TEXT }),
          sessions: { type: 'array', items: SESSION },
          alerts: OPEN_LIST,
          uploads: { type: 'array', items: UPLOAD },
        },
        ['match', 'sessions'],
      ),
    },
  },
};

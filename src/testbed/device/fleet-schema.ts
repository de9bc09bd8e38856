/** The JSON Schema of a fleet file; its TypeScript types are in `fleet.ts` and the files that `fleet.ts` imports. */

const TEXT = { type: 'string' } as const;
const BOOLEAN = { type: 'boolean' } as const;
const BYTES = { type: 'integer', minimum: 1 } as const;
const CREDENTIAL = { enum: ['none', 'basic', 'md5'] } as const;

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

function list(...words: readonly string[]): object {
  return { type: 'array', items: { enum: words } };
}

const PROFILE = object({
  version: { enum: ['1.1', '1.2', '1.3'] },
  auth: CREDENTIAL,
  credFirst: BOOLEAN,
  credAlways: BOOLEAN,
  nonceAsText: BOOLEAN,
  serverAuth: CREDENTIAL,
  sequence: { enum: ['supported', 'refused', 'fatal'] },
  atomic: BOOLEAN,
  copy: BOOLEAN,
  ui: BOOLEAN,
  list: list('Struct', 'StructData', 'MORoot', 'MORootData'),
  props: list('ACL', 'Format', 'Name', 'Size', 'Title', 'Type'),
  maxMsgSize: BYTES,
  maxObjSize: BYTES,
  lrgObj: BOOLEAN,
  maxOutgoing: BYTES,
  implicitParents: BOOLEAN,
  finalAlways: BOOLEAN,
  mediaType: { enum: ['application/vnd.syncml.dm+xml', 'application/vnd.syncml+xml'] },
});

const ALERT = object(
  {
    type: TEXT,
    format: TEXT,
    data: TEXT,
    source: TEXT,
    target: TEXT,
    mark: TEXT,
    when: { enum: ['thisSession', 'nextSession'] },
  },
  ['type', 'format'],
);

const HANDLER = object(
  { status: { type: 'integer' }, set: { type: 'object', additionalProperties: TEXT }, alert: ALERT },
  ['status'],
);

const USER = object(
  {
    answer: { enum: ['yes', 'no', 'cancel', 'timeout'] },
    input: TEXT,
    choices: { type: 'array', items: { type: 'integer' } },
  },
  ['answer', 'input', 'choices'],
);

const MODEL = object(
  {
    profile: PROFILE,
    tree: { type: 'object' },
    exec: { type: 'object', additionalProperties: HANDLER },
    user: USER,
  },
  ['tree'],
);

const DEVICE = object(
  {
    model: TEXT,
    devId: TEXT,
    user: TEXT,
    password: TEXT,
    serverUser: TEXT,
    serverPassword: TEXT,
    alerts: { type: 'array', items: ALERT },
  },
  ['model', 'devId', 'user', 'password'],
);

export const FLEET_SCHEMA: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object(
    {
      serverId: TEXT,
      models: { type: 'object', additionalProperties: MODEL },
      devices: { type: 'array', items: DEVICE },
    },
    ['serverId', 'models', 'devices'],
  ),
};

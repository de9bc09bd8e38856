/**
 * The `yaml setup` block of a transcript: what was there before the first message.
 */
import { compileSchema } from '../../../src/json-schema.ts';

/** A device of the registry. */
export interface SetupDevice {
  readonly devId: string;
  readonly user: string;
  readonly password: string;
  /** Base64. */
  readonly clientNonce?: string;
  readonly serverUser?: string;
  readonly serverPassword?: string;
  /** Columns of the registry, such as `mcc`. */
  readonly values?: Readonly<Record<string, string>>;
  /** Instances met before: MOID → MIID → LocURI. */
  readonly miids?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly facts?: Readonly<Record<string, string>>;
}

/** What `{{MaxMsgSize}}` stands for: it counts encoded bytes, and an object should have as many chunks in both forms. */
export interface MaxMsgSizes {
  readonly xml: number;
  readonly wbxml: number;
}

/** For the whole bridge. */
export interface BridgeSetup {
  readonly player: 'bridge';
  /** Identifiers of the conformance tables. */
  readonly proves: readonly string[];
  /** Types of credentials, the one asked for first. */
  readonly accept?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly maxObjectBytes?: number;
  readonly maxMsgSize?: MaxMsgSizes;
  readonly devices: readonly SetupDevice[];
  readonly account?: {
    readonly serverId?: string;
    readonly moids?: readonly string[];
    readonly statusForm?: 'object' | 'number';
    readonly alwaysSendMos?: boolean;
  };
  /** Beside the account's own origin. */
  readonly allowServerUris?: readonly string[];
  /** Beside passwords, what no log may show. */
  readonly neverLogged?: readonly string[];
}

/** For the south engine alone. */
export interface EngineSetup {
  readonly player: 'south-engine';
  readonly proves: readonly string[];
  readonly device: string;
  readonly ordering: 'sequence' | 'one-per-message' | 'plain';
  readonly maxMsgSize?: MaxMsgSizes;
  /** How the server shows who it is in its first message. */
  readonly serverCred?: { readonly type: string; readonly data: string };
}

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const map = { type: 'object', additionalProperties: text };

const device = {
  type: 'object',
  required: ['devId', 'user', 'password'],
  additionalProperties: false,
  properties: {
    devId: text,
    user: text,
    password: text,
    clientNonce: text,
    serverUser: text,
    serverPassword: text,
    values: map,
    miids: { type: 'object', additionalProperties: map },
    facts: map,
  },
};

const maxMsgSizes = {
  type: 'object',
  required: ['xml', 'wbxml'],
  additionalProperties: false,
  properties: { xml: { type: 'integer' }, wbxml: { type: 'integer' } },
};

const bridge = {
  type: 'object',
  required: ['player', 'proves', 'devices'],
  additionalProperties: false,
  properties: {
    player: { const: 'bridge' },
    proves: texts,
    accept: texts,
    maxBodyBytes: { type: 'integer' },
    maxObjectBytes: { type: 'integer' },
    maxMsgSize: maxMsgSizes,
    devices: { type: 'array', minItems: 1, items: device },
    account: {
      type: 'object',
      additionalProperties: false,
      properties: {
        serverId: text,
        moids: texts,
        statusForm: { enum: ['object', 'number'] },
        alwaysSendMos: { type: 'boolean' },
      },
    },
    allowServerUris: texts,
    neverLogged: texts,
  },
};

const engine = {
  type: 'object',
  required: ['player', 'proves', 'device', 'ordering'],
  additionalProperties: false,
  properties: {
    player: { const: 'south-engine' },
    proves: texts,
    device: text,
    ordering: { enum: ['sequence', 'one-per-message', 'plain'] },
    maxMsgSize: maxMsgSizes,
    serverCred: {
      type: 'object',
      required: ['type', 'data'],
      additionalProperties: false,
      properties: { type: text, data: text },
    },
  },
};

const validate = compileSchema<BridgeSetup | EngineSetup>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  oneOf: [bridge, engine],
});

/** Reads a setup; a slip of the pen in it stops the test. */
export function parseSetup(value: unknown): BridgeSetup | EngineSetup {
  const checked = validate(value);
  if (checked.ok) return checked.value;
  throw new SyntaxError(`setup: ${checked.problems.map((one) => `${one.pointer} ${one.message}`).join('; ')}`);
}

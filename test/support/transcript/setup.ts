/**
 * The `yaml setup` block of a transcript: the devices and settings before the first message.
 */
import { compileSchema } from '../../../src/json-schema.ts';
import type { Bindings } from './placeholders.ts';
import type { WireForm } from './wire-form.ts';

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
  /** Instances that the bridge knows: MOID → MIID → LocURI. */
  readonly miids?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly facts?: Readonly<Record<string, string | boolean>>;
}

/** The values of `{{MaxMsgSize}}`. It counts encoded bytes, and an object shall have as many chunks in both encodings. */
export interface MaxMsgSizes {
  readonly xml: number;
  readonly wbxml: number;
}

/** The setup of a transcript for the whole bridge. */
export interface BridgeSetup {
  readonly player: 'bridge';
  /** Identifiers of the conformance tables. */
  readonly proves: readonly string[];
  /** Accepted types of credentials; the bridge asks for the first one. */
  readonly accept?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly maxObjectBytes?: number;
  readonly maxMsgSize?: MaxMsgSizes;
  readonly devices: readonly SetupDevice[];
  readonly account?: {
    readonly serverId?: string;
    readonly moids?: readonly string[];
    readonly statusForm?: 'object' | 'number';
    readonly dialect?: 'dm20-draft';
    readonly alwaysSendMos?: boolean;
    readonly reasons?: boolean;
    readonly notificationSecret?: string;
  };
  readonly notifications?: { readonly format?: 'auto' | '1.2' | '1.3' };
  /** Allowed ServerURIs beside those of the account's origin. */
  readonly allowServerUris?: readonly string[];
  /** Texts that no log may have, beside passwords. */
  readonly neverLogged?: readonly string[];
}

/** The setup of a transcript for a DM 1.x session alone. */
export interface Dm1SessionSetup {
  readonly player: 'dm1-session';
  readonly proves: readonly string[];
  readonly device: string;
  readonly ordering: 'sequence' | 'one-per-message' | 'plain';
  readonly maxMsgSize?: MaxMsgSizes;
  /** The credentials in the server's first message. */
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
    facts: { type: 'object', additionalProperties: { type: ['string', 'boolean'] } },
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
        dialect: { const: 'dm20-draft' },
        alwaysSendMos: { type: 'boolean' },
        reasons: { type: 'boolean' },
        notificationSecret: text,
      },
    },
    notifications: {
      type: 'object',
      additionalProperties: false,
      properties: { format: { enum: ['auto', '1.2', '1.3'] } },
    },
    allowServerUris: texts,
    neverLogged: texts,
  },
};

const dm1Session = {
  type: 'object',
  required: ['player', 'proves', 'device', 'ordering'],
  additionalProperties: false,
  properties: {
    player: { const: 'dm1-session' },
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

const validate = compileSchema<BridgeSetup | Dm1SessionSetup>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  oneOf: [bridge, dm1Session],
});

/** Checks a setup. @throws SyntaxError with every mistake */
export function parseSetup(value: unknown): BridgeSetup | Dm1SessionSetup {
  const checked = validate(value);
  if (checked.ok) return checked.value;
  throw new SyntaxError(`setup: ${checked.problems.map((one) => `${one.pointer} ${one.message}`).join('; ')}`);
}

/** The values that placeholders have before the first message. */
export function initialBindings({ maxMsgSize }: Pick<BridgeSetup, 'maxMsgSize'>, form: WireForm): Bindings {
  const bindings: Bindings = new Map();
  if (maxMsgSize !== undefined) bindings.set('MaxMsgSize', String(maxMsgSize[form.isWbxml ? 'wbxml' : 'xml']));
  return bindings;
}

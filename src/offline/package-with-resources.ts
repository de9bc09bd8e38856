/**
 * Package#2 with the documents of its ServerURIs: the property `resources` beside CMD. The schema of Package#2 allows other
 * properties, so it is still a Package#2 (DM-2.0 §7.2.1.2).
 */
import { parsePackage2 } from '../dm2/codec.ts';
import { type JsonRules, readJson } from '../dm2/json.ts';
import type { Package2 } from '../dm2/package.ts';
import type { Resource } from './translation.ts';

export interface PackageWithResources extends Package2 {
  readonly resources: readonly Resource[];
}

/** @throws DecodeError ERR_PACKAGE_SHAPE */
export function parsePackageWithResources(text: string): PackageWithResources {
  return { ...parsePackage2(text), resources: readJson(text, RESOURCES) };
}

const RESOURCES: JsonRules<readonly Resource[]> = {
  validate: readResources,
  maxDepth: 64,
  code: 'ERR_PACKAGE_SHAPE',
};

function readResources(value: unknown) {
  const list = isRecord(value) && value.resources !== undefined ? value.resources : [];
  if (Array.isArray(list) && list.every(isResource)) return { ok: true, value: list } as const;
  const message = 'a list of {url, contentType, content}, content being {text} or {base64}, was expected';
  return { ok: false, problems: [{ pointer: '/resources', message }] } as const;
}

function isResource(value: unknown): value is Resource {
  if (!isRecord(value) || typeof value.url !== 'string' || typeof value.contentType !== 'string') return false;
  const { content } = value;
  return isRecord(content) && (typeof content.text === 'string' || typeof content.base64 === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

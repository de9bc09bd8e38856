/** The codec as other programs see it; its README describes it. */

export { DecodeError, MappingError } from '../errors.ts';
export { decodeWbxml, type WbxmlDocument } from './decode.ts';
export { type Content, type Element, isElement, stringContent } from './element.ts';
export { type EncodeOptions, encodeDocument, encodeWbxml, TagWriter } from './encode.ts';
export type { WbxmlLimits } from './limits.ts';
export {
  type CodePage,
  type CompiledType,
  compileType,
  type DocumentType,
  type TokenTables,
  tokenTables,
} from './token-tables.ts';
export { WBXML_VERSIONS, type WbxmlVersion } from './tokens.ts';

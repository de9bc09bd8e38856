/**
 * The lexical forms of values: which texts a leaf of a format may have.
 *
 * @see DMREPPRO and MetaInfo 1.2 "Format"; XML Schema Part 2 for int, bool and float
 */
import { isBase64 } from './base64.ts';
import type { NodeFormat } from './node.ts';

/**
 * True for a text that a leaf of the format may have; white space around it does not count. The formats that are not listed allow any
 * text: the syntax of date and time differs between devices.
 */
export function isLexical(value: string, format: NodeFormat): boolean {
  switch (format) {
    case 'null':
      return value === '';
    case 'int':
      return /^\s*[+-]?\d+\s*$/.test(value);
    case 'float':
      return /^\s*([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN)\s*$/.test(value);
    case 'bool':
      return /^\s*(true|false)\s*$/i.test(value);
    case 'b64':
    case 'bin':
      return isBase64(value);
    default:
      return true;
  }
}

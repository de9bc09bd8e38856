/**
 * The global tokens, which mean the same on every code page, and the parts of a tag token.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §7.1 "Global tokens", §5.8.2 "Tag code space"
 */

export const SWITCH_PAGE = 0x00;
export const END = 0x01;
export const ENTITY = 0x02;
export const STR_I = 0x03;
export const LITERAL = 0x04;
export const PI = 0x43;
export const STR_T = 0x83;
export const OPAQUE = 0xc3;

/** The first token whose meaning depends on the code page. */
export const FIRST_TAG = 0x05;
/** Bit of a tag token: content and its END follow. */
export const HAS_CONTENT = 0x40;
/** Bit of a tag token: attributes and their END follow. */
export const HAS_ATTRIBUTES = 0x80;
/** The bits of a tag token that identify the tag. */
export const TAG_BITS = 0x3f;

/** The versions of WBXML. The header of 1.0 has no charset. */
export const WBXML_VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;
export type WbxmlVersion = (typeof WBXML_VERSIONS)[number];

/** The public identifier of an unknown document type (§7.2). */
export const UNKNOWN_PUBLIC_ID = 0x01;
/** The IANA MIBenum numbers of the supported charsets; 0 when the document names none. */
export const CHARSETS = { unknown: 0, usAscii: 3, iso88591: 4, utf8: 106 } as const;

/** An invented document type of two code pages, to test the codec without SyncML. */
import { compileType, tokenTables } from '../../src/wbxml/token-tables.ts';

export const PARCEL = compileType({
  formalPublicId: '-//EXAMPLE//DTD Parcel 1.0//EN',
  publicId: 0x2345,
  pages: [
    // 05 parcel, 06 from, 07 to, 08 reserved, 09 note
    { namespace: 'urn:parcel', tags: ['parcel', 'from', 'to', undefined, 'note'] },
    // 05 weight, 06 note
    { namespace: 'urn:measure', tags: ['weight', 'note'] },
  ],
});

/** A document type without registered number. */
export const LETTER = compileType({
  formalPublicId: '-//EXAMPLE//DTD Letter 1.0//EN',
  pages: [{ namespace: 'urn:letter', tags: ['letter', 'note'] }],
});

export const TABLES = tokenTables([PARCEL, LETTER]);
export const LENIENT_TABLES = tokenTables([PARCEL, LETTER], PARCEL);

/**
 * The WBXML code pages of SyncML documents: page 0 is SyncML, page 1 MetInf, page 2 DM DDF (TNDS).
 *
 * Each version of SyncML only added tags to page 0, so one table reads all versions. The versions differ in the
 * namespace of page 0. The tokens are consecutive from 05 on.
 *
 * @see DMREPPRO "WBXML definition"; MetInf "WBXML definition"; OMA-TS-DM_TNDS "WBXML definition"
 */
import { type CodePage, compileType, type DocumentType, tokenTables } from '../wbxml/token-tables.ts';
import { DDF_NAMESPACE, METINF_NAMESPACE } from './namespaces.ts';

/** The tags of 1.0 and 1.1 end with MoreData; 1.2 added the others. A document that declares 1.1 may use all of them. */
const SYNCML_TAGS = names(
  'Add Alert Archive Atomic Chal Cmd CmdID CmdRef Copy Cred Data Delete Exec Final Get Item Lang LocName LocURI Map ' +
    'MapItem Meta MsgID MsgRef NoResp NoResults Put Replace RespURI Results Search Sequence SessionID SftDel Source ' +
    'SourceRef Status Sync SyncBody SyncHdr SyncML Target TargetRef - VerDTD VerProto NumberOfChanges MoreData ' +
    'Field Filter Record FilterType SourceParent TargetParent Move Correlator',
);

/** FieldLevel is new in 1.2; its token had no meaning before. */
const METINF: CodePage = {
  namespace: METINF_NAMESPACE,
  tags: names(
    'Anchor EMI Format FreeID FreeMem Last Mark MaxMsgSize Mem MetInf Next NextNonce SharedMem Size Type Version ' +
      'MaxObjSize FieldLevel',
  ),
};

const DM_DDF: CodePage = {
  namespace: DDF_NAMESPACE,
  tags: names(
    'AccessType ACL Add b64 bin bool chr CaseSense CIS Copy CS date DDFName DefaultValue Delete Description DFFormat ' +
      'DFProperties DFTitle DFType Dynamic Exec float Format Get int Man MgmtTree MIME Mod Name Node node NodeName null ' +
      'Occurrence One OneOrMore OneOrN Path Permanent Replace RTProperties Scope Size time Title TStamp Type Value VerDTD ' +
      'VerNo xml ZeroOrMore ZeroOrN ZeroOrOne',
  ),
};

/** Splits a list of tags; `-` is a reserved token. */
function names(list: string): readonly (string | undefined)[] {
  return list.split(' ').map((name) => (name === '-' ? undefined : name));
}

function syncml(version: '1.0' | '1.1' | '1.2', publicId: number): DocumentType {
  const page = { namespace: `SYNCML:SYNCML${version}`, tags: SYNCML_TAGS };
  return { formalPublicId: `-//SYNCML//DTD SyncML ${version}//EN`, publicId, pages: [page, METINF, DM_DDF] };
}

const SYNCML_1_0 = compileType(syncml('1.0', 0x0fd1));
/** Messages of DM 1.1. */
export const SYNCML_1_1 = compileType(syncml('1.1', 0x0fd3));
/** Messages of DM 1.2 and 1.3. */
export const SYNCML_1_2 = compileType(syncml('1.2', 0x1201));
/** TNDS documents that are not part of a message; this document type has no number. */
export const DM_DDF_1_2 = compileType({
  formalPublicId: '-//OMA//DTD-DM-DDF 1.2//EN',
  pages: syncml('1.2', 0x1201).pages,
});

/** All document types that a device may send. An unknown type is read as SyncML 1.2, because the media type says SyncML. */
export const SYNCML_TABLES = tokenTables([SYNCML_1_0, SYNCML_1_1, SYNCML_1_2, DM_DDF_1_2], SYNCML_1_2);

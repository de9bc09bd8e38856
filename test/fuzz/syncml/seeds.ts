/** The messages that are damaged. Each has other elements. */

const HEADER =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>u' +
  '</LocURI></Target><Source><LocURI>IMEI:1</LocURI><LocName>n</LocName></Source><Cred><Meta><Type ' +
  'xmlns="syncml:metinf">syncml:auth-md5</Type></Meta><Data>Zm9v</Data></Cred></SyncHdr>';

function message(body: string): string {
  return `<?xml version="1.0"?>\n<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody>${body}<Final/></SyncBody></SyncML>`;
}

export const SEEDS: readonly string[] = [
  message(
    '<Alert><CmdID>1</CmdID><Data>1226</Data><Correlator>c</Correlator><Item><Meta xmlns="syncml:metinf"><Type>t</Type>' +
      '<Mark>minor</Mark></Meta><Data>&lt;a&gt;&#65;</Data></Item></Alert>',
  ),
  message(
    '<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>t</TargetRef><Chal><Meta>' +
      '<NextNonce xmlns="syncml:metinf">Zm9v</NextNonce></Meta></Chal><Data>407</Data></Status>',
  ),
  message(
    '<Results><CmdID>2</CmdID><MsgRef>1</MsgRef><CmdRef>3</CmdRef><Item><Source><LocURI>./a</LocURI></Source><Meta>' +
      '<Size xmlns="syncml:metinf">9</Size></Meta><Data><![CDATA[<x/>]]></Data><MoreData/></Item></Results>',
  ),
  message(
    '<!-- c --><Sequence><CmdID>1</CmdID><Atomic><CmdID>2</CmdID><Add><CmdID>3</CmdID><Item><Target>./b</Target></Item>' +
      '</Add></Atomic></Sequence><?pi x?>',
  ),
  message(
    '<Replace><CmdID>4</CmdID><Item><Data><d:MgmtTree xmlns:d="syncml:dmddf1.2"><d:Node a="1">\u00e9</d:Node>' +
      '</d:MgmtTree></Data></Item></Replace>',
  ),
];

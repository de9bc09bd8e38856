/**
 * The messages of the device in the session bench: a Package#1 with DevInfo and basic credentials, then the Results of an
 * inventory of DevInfo and DevDetail.
 */

/** The first message of a session. */
export function package1(device: number, sessionId: string): string {
  const leaves = {
    DevId: `IMEI:${device}`,
    Man: 'Device Factory, Inc.',
    Mod: 'SmartPhone2000',
    DmV: '1.0.0.1',
    Lang: 'en-US',
  };
  const items = Object.entries(leaves)
    .map(([name, value]) => item(`./DevInfo/${name}`, value))
    .join('');
  const cred =
    '<Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-basic</Type><Format xmlns="syncml:metinf">b64</Format></Meta>' +
    '<Data>QnJ1Y2UyOk9oQmVoYXZl</Data></Cred><Meta><MaxMsgSize xmlns="syncml:metinf">16000</MaxMsgSize></Meta>';
  const body = `<Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Replace><CmdID>2</CmdID>${items}</Replace>`;
  return message({ device, sessionId, msgId: 1, header: cred, body });
}

/** The second message. The Gets of the bridge have the CmdIDs 5 to 10, after three Statuses and a Sequence. */
export function package3(device: number, sessionId: string): string {
  const status = (cmdRef: number, cmd: string) =>
    `<Status><CmdID>${cmdRef + 1}</CmdID><MsgRef>1</MsgRef><CmdRef>${cmdRef}</CmdRef><Cmd>${cmd}</Cmd><Data>200</Data></Status>`;
  const results = (cmdRef: number, items: string) =>
    `<Results><CmdID>${cmdRef + 20}</CmdID><MsgRef>1</MsgRef><CmdRef>${cmdRef}</CmdRef>${items}</Results>`;
  const leaves = ['DevTyp', 'OEM', 'FwV', 'SwV', 'HwV'];
  const plain = leaves.map(
    (name, at) => status(5 + at, 'Get') + results(5 + at, item(`./DevDetail/${name}`, `${name} value`)),
  );
  const listed = [...leaves, 'LrgObj', 'URI/MaxDepth', 'URI/MaxTotLen', 'URI/MaxSegLen'].map((name) =>
    item(`./DevDetail/${name}`, 'value'),
  );
  const interior = ['./DevDetail', './DevDetail/URI'].map(
    (locUri) => `<Item><Source><LocURI>${locUri}</LocURI></Source>${meta('node')}</Item>`,
  );
  const body = [
    status(0, 'SyncHdr'),
    status(4, 'Sequence'),
    ...plain,
    status(10, 'Get'),
    results(10, [...interior, ...listed].join('')),
  ];
  return message({ device, sessionId, msgId: 2, header: '', body: body.join('') });
}

interface MessageParts {
  readonly device: number;
  readonly sessionId: string;
  readonly msgId: number;
  /** Elements of SyncHdr after Source. */
  readonly header: string;
  /** Elements of SyncBody before Final. */
  readonly body: string;
}

function message({ device, sessionId, msgId, header, body }: MessageParts): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>' +
    `<SessionID>${sessionId}</SessionID><MsgID>${msgId}</MsgID><Target><LocURI>http://dm.example.com/dm</LocURI></Target>` +
    `<Source><LocURI>IMEI:${device}</LocURI></Source>${header}</SyncHdr><SyncBody>${body}<Final/></SyncBody></SyncML>`
  );
}

function item(locUri: string, value: string): string {
  return `<Item><Source><LocURI>${locUri}</LocURI></Source>${meta('chr')}<Data>${value}</Data></Item>`;
}

function meta(format: string): string {
  return `<Meta><Format xmlns="syncml:metinf">${format}</Format><Type xmlns="syncml:metinf">text/plain</Type></Meta>`;
}

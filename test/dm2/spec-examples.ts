/**
 * The JSON examples printed in DM-2.0, letter for letter but for the line breaks that the page put inside strings.
 */

const OPERATION_COMPLETE = (component: string) => `{
   "AlertType": "urn:oma:at:scomo:1.0:OperationComplete",
   "SourceURI": "urn:oma:mo:oma-scomo:1.0/SCOMO1/Download/Package1/Operations/DownloadInstall",
   "TargetURI": "urn:oma:mo:oma-scomo:1.0/SCOMO1/Inventory/Deployed/${component}",
   "Mark": "warning",
   "DataType": "text/xml",
   "Data": {
    "DM1x": "<ResultCode>1200</ResultCode>          <!-- SCOMO Result Code --><Identifier>Component1ID</Identifier>"
   }
  }`;

/** §7.2.1.1 */
export const PACKAGE1 = `{
 "MOS": [
  {
   "DDF": "http://www.vendor.com/DDF/devinfo1.0.ddf",
   "MOID": "urn:oma:mo:oma-dm-devinfo:1.0",
   "MIID": ["miid1"]
  },
  {
   "DDF": "http://www.vendor.com/DDF/oma-sessioninfomo1.0.ddf",
   "MOID": "urn:oma:mo:oma-sessioninfomo:1.0",
   "MIID": ["miid1"]
  }
 ],
 "Alert": [
  ${OPERATION_COMPLETE('Component1')},
  ${OPERATION_COMPLETE('Component2')}
 ]
}`;

/** §7.2.1.2 */
export const PACKAGE2 = `{
 "CMD": [
  ["HPOST",
   "https://DMcontent.DMserver.operator.com/[DevID]",
   "urn:oma:mo:oma-dm-devinfo:1.0//",
   "urn:oma:mo:oma-sessioninfomo:1.0//"],
  ["HGET", "https://DMcontent.DMserver.operator.com/new_mo"],
  ["GET", "urn:oma:mo:oma-sessioninfomo:1.0//CBT"]
 ]
}`;

/** §7.2.1.3 */
export const PACKAGE3 = `{
 "Status": [
  {"sc": 200},
  {"sc": 200, "URI": ["urn:oma:mo:oma-mo:1.0/miid1/", "urn:oma:mo:oma-mo:1.0/miid2/"]},
  {"sc": 200}
 ],
 "Alert": [
  {
   "AlertType": "urn:oma:at:dcmo:1.0:OperationComplete",
   "SourceURI": "urn:oma:mo:oma-dcmo:1.0/Capability123/Operations/Enable",
   "Mark": "warning",
   "DataType": "int",
   "Data": {
    "DM1x": 1404
   }
  }
 ]
}`;

/** §7.2.1.4 */
export const MO_DATA = `[
 {
  "DDF": "http://www.vendor.com/DDF/devinfo1.0.ddf",
  "ClientURI": "oma:mo:oma-dm-devinfo:1.0//",
  "CV": "686897696a7c876b7e",
  "MOData": {
   "DevInfo": {
    "DevID": "IMEI:493005100592800",
    "Man": "Vendor",
    "Mod": "DM_Client",
    "DmV": "2.0",
    "Lang": "en",
    "DevType": "smartphone",
    "OEM": "",
    "FwV": "android4.0.4",
    "SwV": "Vendor1.2",
    "HwV": ""
   }
  }
 }
]`;

/** §7.2.1.5 */
export const GENERIC_ALERT = `{
 "Alert": [
  ${OPERATION_COMPLETE('Component1')},
  ${OPERATION_COMPLETE('Component2')}
 ]
}`;

/** Appendix F, Package#2 */
export const PACKAGE2_APPENDIX_F = `{
 "CMD": [
  ["GET", "urn:oma:mo:oma-dm-devinfo:1.2//DevID"],
  ["GET", "urn:oma:mo:oma-dm-devinfo:1.2//DevID"],
  ["GET", "urn:oma:mo:oma-sessioninfomo:1.0//"],
  ["HPUT", "http://www.data.com/MOData", "urn:oma:mo:oma-moid:1.0//"],
  ["GET", "urn:oma:mo:invalid-moid:1.0//"],
  ["HGET", "http://www.dms1.com/","urn:oma:mo:oma-dm-dmacc:2.0/dms1/AuthNoti/AuthSecret"]
 ]
}`;

/** Appendix F, second GET: a single object, where §7.2.1.4 demands an array. */
export const MO_DATA_APPENDIX_F = `{
 "DDF": "http://www.vendor.com/DDF/oma-dm-devinfo1.2.ddf",
 "ClientURI": "urn:oma:mo:oma-dm-devinfo:1.2//DevID",
 "MOData": {
  "DevID": "IMEI:493005100592800"
 }
}`;

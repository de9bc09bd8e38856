/** DDF fixtures of test/mapping/ddf, and small documents made of nodes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ddfParts } from '../../src/mapping/ddf-write.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';

/** Returns the text of a fixture. */
export function ddfFixture(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../mapping/ddf/${name}`, import.meta.url)), 'utf8');
}

/** Returns a document with these Nodes. */
export function ddfOf(...nodes: readonly string[]): string {
  return `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodes.join('')}</MgmtTree>`;
}

/** Returns a Node with children, or a leaf; `more` comes behind NodeName, such as a Path. */
export function ddfNode(name: string, more = '', children: readonly string[] = [], format = 'node'): string {
  return `<Node><NodeName>${name}</NodeName>${more}<DFProperties><AccessType><Get/></AccessType><DFFormat><${format}/></DFFormat><DFType><DDFName/></DFType></DFProperties>${children.join('')}</Node>`;
}

/** Returns the document that the bridge serves for an MO. */
export function writeDdf(mapping: MoMapping): string {
  return [...ddfParts(mapping)].join('');
}

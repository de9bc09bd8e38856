/** The pages that the user of a device is shown, as the session stores them (DM-2.0 §5.3.7). */
import type { PageRequest } from '../interaction/browsing.ts';
import type { Interaction, LastPage } from '../interaction/interaction.ts';

/** The members of an interaction between two pages. */
export interface InteractionCore {
  /** Makes the ids of alerts and requests unique, and the boundary of a multipart body. */
  readonly id: string;
  readonly cookies?: PageRequest['cookies'];
  /** Pages so far. */
  readonly pages: number;
  /** Milliseconds since 1970 after which nothing more is submitted. */
  readonly until: number;
  /** Present while the session of the device pauses until this page is loaded (early draft §5.8). */
  readonly lastPage?: LastPage | undefined;
}

export type OpenInteraction =
  /** A SHOW fetches the first page, or waits for the Status of its first alert. */
  | { readonly phase: 'opening' }
  /** The user is asked; the Status of the alert is awaited. */
  | (InteractionCore & { readonly phase: 'asking'; readonly interaction: Interaction; readonly alertId: string })
  /** The next page is awaited. */
  | (InteractionCore & { readonly phase: 'loading'; readonly request: PageRequest; readonly requestId: string });

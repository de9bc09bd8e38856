/** A resource that a backend has left for an MO which the device may not have (DM-2.0 §5.3.10). */

export interface DefaultEntry {
  /** As the command has it; its parameters are filled in when it is fetched. */
  readonly serverUri: string;
  /** The account that left it. */
  readonly account: string;
  /**
   * `untried`: the MO was never seen missing, or the repository has not answered yet. `answered`: nothing more is done. `seen`: the
   * device had the MO afterwards, so that it is fetched again when the MO is missing once more.
   */
  readonly state: 'untried' | 'answered' | 'seen';
  /** Sessions in which the repository did not answer. */
  readonly tries: number;
  /** The DM 2.0 session of the last try. */
  readonly triedIn?: string;
}

/** The entries of a device by MOID: one for each MO. */
export type DefaultEntries = Readonly<Record<string, DefaultEntry>>;

/** Sessions with a try before an entry is given up. */
const MAX_TRIES = 5;

/** True for an entry that may be fetched in this session of the account. */
export function isDue({ state, tries, triedIn, account }: DefaultEntry, ofAccount: string, session: string): boolean {
  return account === ofAccount && state !== 'answered' && tries < MAX_TRIES && triedIn !== session;
}

/** The entry after a try in this session. */
export function afterTry(entry: DefaultEntry, session: string, isAnswered: boolean): DefaultEntry {
  const { serverUri, account, tries } = entry;
  if (isAnswered) return { serverUri, account, state: 'answered', tries: 0 };
  return { serverUri, account, state: 'untried', tries: tries + 1, triedIn: session };
}

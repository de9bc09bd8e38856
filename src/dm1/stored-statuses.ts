/** The stored form of a session for which very many Statuses are due: they leave with several messages. */
import type { DueStatus } from './session-model.ts';
import { StoredList } from './stored-list.ts';

interface WithStatuses {
  readonly dueStatuses: readonly DueStatus[];
  readonly statusBlocks?: readonly string[] | undefined;
}

const blocks = new StoredList<DueStatus>();

/** The session as it is stored. */
export function packStatuses<S extends WithStatuses>(session: S): S {
  const statusBlocks = blocks.pack(session.dueStatuses);
  return statusBlocks === undefined ? session : { ...session, dueStatuses: [], statusBlocks };
}

/** The session as `packStatuses` got it. */
export function unpackStatuses<S extends WithStatuses>(session: S): S {
  const { statusBlocks } = session;
  return statusBlocks === undefined
    ? session
    : { ...session, dueStatuses: blocks.unpack(statusBlocks), statusBlocks: undefined };
}

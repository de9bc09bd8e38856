/** The collected effects of unanswered commands answer each question as a look at each of the commands does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAtOrBelow, type LocUri, locUriOfTarget, overlaps, parseLocUri, ROOT } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';
import { OpenCommands } from '../../src/north/dependencies.ts';
import type { CommandRun, HeldRequest } from '../../src/north/north-session.ts';
import type { TreeKnowledge } from '../../src/tree/tree-knowledge.ts';
import type { WorkflowRequest } from '../../src/workflow/request.ts';

const locUri = fc
  .array(fc.constantFrom('a', 'b'), { maxLength: 3 })
  .map((names) => parseLocUri(['.', ...names].join('/')));
const change: fc.Arbitrary<TreeChange> = fc.record({
  locUri,
  change: fc.constantFrom('value', 'structure', 'instance', 'exec'),
});
const changes = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(change, { maxLength: 2 }));
const effect: fc.Arbitrary<HeldRequest> = fc.record({ writes: changes, willWrite: changes, mayRead: changes });

const run: fc.Arbitrary<CommandRun> = fc
  .record({
    name: fc.constantFrom('GET', 'HGET', 'HPUT', 'EXEC'),
    state: fc.constantFrom('answered', 'pending', 'held', 'blocked'),
    searches: fc.boolean(),
    effect,
  })
  .map(({ name, state, searches, effect: own }) => {
    const log: CommandRun['replayLog'] = [{ kind: 'discovered', fingerprint: '', result: { kind: 'discovered' } }];
    const begun: CommandRun = { wire: [name], replayLog: searches ? log : [] };
    if (state === 'answered') return { ...begun, result: { status: 200 } };
    if (state === 'held') return { ...begun, held: own };
    if (state === 'blocked') return begun;
    return { ...begun, pending: { kind: 'device', fingerprint: '', ids: ['d1'], outcomes: {}, ...own } };
  });

const request: fc.Arbitrary<WorkflowRequest> = fc.oneof(
  fc.array(locUri, { maxLength: 2 }).map((locUris) => ({ kind: 'knownTrees' as const, locUris })),
  fc.record({
    kind: fc.constant('cacheEntry' as const),
    key: fc.constant('k'),
    parts: fc.array(locUri, { maxLength: 2 }),
    of: fc.constantFrom('values' as const, 'structure' as const),
  }),
  fc.constant({ kind: 'discovered' as const }),
  fc.constant({ kind: 'facts' as const }),
  fc.tuple(effect, locUri).map(([own, target]) => {
    return { kind: 'device' as const, commands: [{ name: 'Get' as const, items: [{ target }] }], ...own };
  }),
  fc
    .constantFrom('GET' as const, 'PUT' as const, 'POST' as const)
    .map((method) => ({ kind: 'http' as const, http: { method, url: 'http://x/', headers: {} } }) as WorkflowRequest),
);

const knowledge: fc.Arbitrary<TreeKnowledge> = fc.option(fc.array(locUri, { maxLength: 2 })).map((roots) => {
  if (roots === null) return { trees: [] };
  return { trees: [], discovered: { roots: roots.map((each) => ({ locUri: each, type: parseMoid('t') })) } };
});

/** True when `change`, not yet answered, may add an MO root to those that are known, or remove one of them. */
function mayChangeRoots({ locUri, change }: TreeChange, known: readonly LocUri[]): boolean {
  return change === 'instance' || (change === 'structure' && known.some((root) => isAtOrBelow(root, locUri)));
}

/** The same by a look at each command. */
function isBlocked(runs: readonly CommandRun[], asked: WorkflowRequest, { discovered }: TreeKnowledge): boolean {
  const open = runs.filter(({ result }) => result === undefined);
  if (open.length === 0) return false;
  const pending = open.flatMap(({ pending: own }) => (own?.kind === 'device' ? [own as HeldRequest] : []));
  const held = open.flatMap(({ held: own }) => own ?? []);
  const all = [...pending, ...held].flatMap(({ writes, willWrite }) => [...writes, ...willWrite]);
  const isChangedBy = (writes: readonly TreeChange[], place: string) =>
    writes.some((each) => each.change === 'exec' || overlaps(each.locUri, locUriOfTarget(place)));
  switch (asked.kind) {
    case 'knownTrees':
      return holdsExec(held) || asked.locUris.some((place) => all.some((each) => overlaps(each.locUri, place)));
    case 'virtualTree':
      return all.some((each) => each.locUri === ROOT);
    case 'cacheEntry':
      return asked.of === 'structure' && (holdsExec(held) || isEntryUncertain(all, asked));
    case 'discovered': {
      if (discovered === undefined && open.some(({ replayLog }) => replayLog.length > 0)) return true;
      const known = (discovered?.roots ?? []).map((root) => root.locUri);
      return all.some((each) => mayChangeRoots(each, known));
    }
    case 'device': {
      const { writes, commands } = asked;
      if (writes.length === 0) {
        const targets = commands.flatMap(({ items }) => items.flatMap(({ target }) => target ?? []));
        return held.some((own) => targets.some((target) => isChangedBy([...own.writes, ...own.willWrite], target)));
      }
      const hasEffect = (own: HeldRequest) => own.writes.length + own.willWrite.length + own.mayRead.length > 0;
      return held.some(hasEffect) || pending.some((own) => mustPrecede(own, writes));
    }
    case 'http':
      return asked.http.method !== 'GET' || open.some(({ wire }) => ['HPUT', 'EXEC'].includes(wire[0] ?? ''));
    default:
      return false;
  }
  function mustPrecede(earlier: HeldRequest, writes: readonly TreeChange[]): boolean {
    if (earlier.writes.length === 0 && earlier.willWrite.length > 0) return true;
    const conflicts = earlier.willWrite.some((one) => one.change === 'exec' || isChangedBy(writes, one.locUri));
    return conflicts || earlier.mayRead.some((each) => isChangedBy(writes, each.locUri));
  }
}

/** An Exec that is not sent yet may change anything. */
function holdsExec(held: readonly HeldRequest[]): boolean {
  return held.some(({ writes, willWrite }) => [...writes, ...willWrite].some(({ change }) => change === 'exec'));
}

function isEntryUncertain(
  all: readonly TreeChange[],
  { parts, of }: Extract<WorkflowRequest, { kind: 'cacheEntry' }>,
): boolean {
  const counted = all.filter((each) => of === 'values' || each.change !== 'value');
  return counted.some((each) => parts.some((part) => overlaps(part, each.locUri)));
}

test('a request waits for the same commands, however their effects are looked at', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 4 }), request, knowledge, (runs, asked, known) => {
      const open = new OpenCommands();
      for (const each of runs) open.add(each);
      expect(open.isBlocking(asked, known)).toBe(isBlocked(runs, asked, known));
      if (asked.kind !== 'cacheEntry') return;
      const waiting = runs.filter(({ result }) => result === undefined);
      const effects = waiting.flatMap(({ pending, held }) => (pending?.kind === 'device' ? pending : (held ?? [])));
      const all = effects.flatMap(({ writes, willWrite }) => [...writes, ...willWrite]);
      const held = waiting.flatMap(({ held: own }) => own ?? []);
      expect(open.isEntryUncertain(asked)).toBe(holdsExec(held) || isEntryUncertain(all, asked));
    }),
    { numRuns: 3000 },
  );
});

test('a write that was held back behind another held command still is', () => {
  const first: HeldRequest = { writes: [{ locUri: parseLocUri('./a'), change: 'value' }], willWrite: [], mayRead: [] };
  fc.assert(
    fc.property(fc.array(run, { maxLength: 3 }), effect, (runs, own) => {
      const open = new OpenCommands();
      for (const each of [...runs, { wire: ['HGET'], replayLog: [], held: first }]) open.add(each);
      const asked = { kind: 'device' as const, commands: [], ...own };
      if (open.isHolding(own)) expect(open.isBlocking(asked, { trees: [] })).toBe(true);
      expect(open.isHolding(own)).toBe(own.writes.length > 0);
    }),
  );
});

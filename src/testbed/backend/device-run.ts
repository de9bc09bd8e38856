/**
 * One device on its way through the campaign: which Package#2 comes next, and what was wrong so far.
 *
 * Plain values in, plain values out; `server.ts` does the HTTP.
 */
import type { Campaign, Matcher, PlannedCommand, PlannedSession, Rule, Step } from './campaign.ts';
import { checkMoData, checkPackage1, isObject, type ReportedStatus, readPackage3, TYPES } from './check-package.ts';
import { matchesGlob, mismatch, unmatched } from './matcher.ts';
import type { Part } from './multipart.ts';

/** What goes back to the client: commands, and the OMADM-Accept header. */
export interface Answer {
  readonly commands: readonly (readonly string[])[];
  readonly accept?: string | undefined;
}

export interface Progress {
  readonly devId: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Why it failed, in words. */
  readonly reasons: readonly string[];
  readonly sessions: number;
  readonly commands: number;
}

/** Reads what chooses a rule by model. */
const ASK_MODEL: PlannedCommand = { do: ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//Mod'] };

export class DeviceRun {
  readonly devId: string;
  private readonly campaign: Campaign;
  private rule: Rule | undefined;
  private readonly reasons: string[] = [];
  private readonly alerts: unknown[] = [];
  private finished = 0;
  private opened = 0;
  private sent = 0;
  /** Steps of the session under way that were sent; undefined: no session open. */
  private step: number | undefined;
  private current: Step | undefined;
  /** Where CONT sent the session; undefined: where it began. */
  private continuedAt: string | undefined;
  private askingModel = false;
  /** Package#1 of the session under way. */
  private opening: unknown = null;

  constructor(devId: string, campaign: Campaign) {
    this.devId = devId;
    this.campaign = campaign;
    const candidates = campaign.rules.filter(({ match }) => matchesGlob(match.devId ?? '*', devId));
    const [first] = candidates;
    if (first?.match.model === undefined) this.rule = first;
    else this.askingModel = true;
  }

  /** True while a Package#3 is due. */
  awaitsResponse(): boolean {
    return this.current !== undefined;
  }

  /** Package#1: a session begins; one that was open is begun again. */
  begin(body: unknown): Answer {
    for (const fault of checkPackage1(body)) this.fault(fault);
    this.opened += 1;
    this.keepAlerts(body);
    this.opening = body;
    this.continuedAt = undefined;
    this.step = 0;
    if (this.askingModel) return this.send({ commands: [ASK_MODEL] });
    this.checkOpening();
    return this.next();
  }

  /** Package#3 at `url`: statuses, data and alerts of the step under way. */
  respond(url: string, body: unknown, parts: readonly Part[]): Answer {
    const step = this.current;
    if (step === undefined || this.step === undefined) {
      this.fault('Package#3 although none is due');
      return { commands: [['END']] };
    }
    if (this.continuedAt !== undefined && this.continuedAt !== url) this.fault(`Package#3 to ${url} after CONT`);
    const commands = step.commands.map((command) => command.do);
    const { statuses, faults } = readPackage3(body, commands, this.campaign.statusForm);
    for (const fault of faults) this.fault(fault);
    this.keepAlerts(body);
    if (this.askingModel) return this.choose(parts);
    this.checkParts(step.commands, statuses, parts);
    step.commands.forEach((command, index) => {
      this.checkCommand(
        command,
        statuses[index],
        parts.find((part) => part.name === String(index)),
      );
    });
    this.expectAlerts(step.alerts ?? [], isObject(body) ? body.Alert : [], 'Package#3');
    this.step += 1;
    return this.next();
  }

  /** A fault of the client's, or an expectation that was missed. */
  fault(text: string): void {
    this.reasons.push(text);
  }

  /** Alerts that came in a session of their own (an EXEC with ServerURI). */
  report(body: unknown): void {
    for (const fault of checkPackage1(body)) this.fault(fault);
    this.keepAlerts(body);
  }

  /** How far the device is; `uploadFault` tells what the Data Repository misses. */
  progress(uploadFault: (rule: Rule) => readonly string[]): Progress {
    const { rule } = this;
    const planned = rule?.sessions.length ?? 0;
    const through = !this.askingModel && this.finished >= planned && this.step === undefined;
    const late =
      rule !== undefined && through
        ? [...missing(rule.alerts ?? [], this.alerts, 'in the whole campaign'), ...uploadFault(rule)]
        : [];
    const reasons = [...this.reasons, ...(rule === undefined && through ? ['no rule for this device'] : []), ...late];
    const state = reasons.length > 0 ? 'failed' : through ? 'done' : this.opened > 0 ? 'running' : 'waiting';
    return { devId: this.devId, state, reasons, sessions: this.opened, commands: this.sent };
  }

  private session(): PlannedSession | undefined {
    return this.rule?.sessions[this.finished];
  }

  private next(): Answer {
    const step = this.session()?.steps[this.step ?? 0];
    if (step === undefined) return this.end();
    const answer = this.send(step);
    if (step.commands.some((command) => command.do[0] === 'END')) this.close();
    return answer;
  }

  private send(step: Step): Answer {
    this.current = step;
    this.continuedAt = step.commands.findLast((command) => command.do[0] === 'CONT')?.do[1] ?? this.continuedAt;
    this.sent += step.commands.length;
    return { commands: step.commands.map((command) => command.do), accept: step.accept };
  }

  private end(): Answer {
    this.close();
    return { commands: [['END']] };
  }

  private close(): void {
    if (this.session() !== undefined) this.finished += 1;
    this.step = undefined;
    this.current = undefined;
  }

  private choose(parts: readonly Part[]): Answer {
    const model = parts.find((part) => part.name === '0')?.body.toString() ?? '';
    this.askingModel = false;
    this.rule = this.campaign.rules.find(
      ({ match }) =>
        matchesGlob(match.devId ?? '*', this.devId) && (match.model === undefined || matchesGlob(match.model, model)),
    );
    this.checkOpening();
    return this.next();
  }

  private checkOpening(): void {
    const session = this.session();
    const opening: unknown = this.opening;
    if (session === undefined || !isObject(opening)) return;
    this.expectAlerts(session.alerts ?? [], opening.Alert, 'Package#1');
    if (session.mos === undefined) return;
    const moids = Array.isArray(opening.MOS) ? opening.MOS.map((entry) => (isObject(entry) ? entry.MOID : '')) : [];
    const absent = session.mos.filter((moid) => !moids.includes(moid));
    for (const moid of absent) this.fault(`MOS does not list ${moid}`);
  }

  private expectAlerts(expected: readonly Matcher[], found: unknown, where: string): void {
    for (const fault of missing(expected, Array.isArray(found) ? found : [], `in ${where}`)) this.fault(fault);
  }

  private keepAlerts(body: unknown): void {
    if (isObject(body) && Array.isArray(body.Alert)) this.alerts.push(...body.Alert);
  }

  /** One part per GET with status 200, and none else (Appendix F). */
  private checkParts(
    commands: readonly PlannedCommand[],
    statuses: readonly ReportedStatus[],
    parts: readonly Part[],
  ): void {
    const due = commands.flatMap((command, index) =>
      command.do[0] === 'GET' && statuses[index]?.sc === 200 ? [String(index)] : [],
    );
    const names = parts.map((part) => part.name);
    if (names.join() !== due.join()) this.fault(`parts [${names.join()}] instead of [${due.join()}]`);
    for (const part of parts.filter(({ type }) => type === TYPES.moData)) {
      for (const fault of checkMoData(readJson(part))) this.fault(`part ${part.name}: ${fault}`);
    }
  }

  private checkCommand(command: PlannedCommand, status: ReportedStatus | undefined, part: Part | undefined): void {
    const name = command.do.join(' ');
    const expected = [command.status ?? 200].flat();
    if (status === undefined || !expected.includes(status.sc)) {
      this.fault(`${name}: status ${status?.sc ?? 'missing'} instead of ${expected.join(' or ')}`);
    }
    const uri = command.uri === undefined ? undefined : mismatch(command.uri, status?.uri, 'URI');
    if (uri !== undefined) this.fault(`${name}: ${uri}`);
    const data = command.data === undefined ? undefined : mismatch(command.data, part && partValue(part), 'data');
    if (data !== undefined) this.fault(`${name}: ${data}`);
  }
}

function missing(expected: readonly Matcher[], found: readonly unknown[], where: string): readonly string[] {
  return unmatched(expected, found).map((matcher) => `no alert ${JSON.stringify(matcher)} ${where}`);
}

/** JSON for MO data, text for all else. */
function partValue(part: Part): unknown {
  return part.type === TYPES.moData ? readJson(part) : part.body.toString();
}

function readJson(part: Part): unknown {
  try {
    return JSON.parse(part.body.toString());
  } catch {
    return undefined;
  }
}

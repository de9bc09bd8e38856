/**
 * The campaign of one device: it chooses the next Package#2 and collects the faults of the client.
 *
 * This file knows packages only; `server.ts` knows HTTP.
 */
import { DM2_STATUS } from '../../dm2/status-codes.ts';
import type { Campaign, Matcher, PlannedCommand, PlannedNotification, PlannedSession, Rule, Step } from './campaign.ts';
import { checkMoData, checkPackage1, isObject, type ReportedStatus, readPackage3, TYPES } from './check-package.ts';
import { parseJson } from './http-body.ts';
import { matchesGlob, mismatch, unmatched } from './matcher.ts';
import type { Part } from './multipart.ts';

/** Package#2: its commands, and the OMADM-Accept header. */
export interface Answer {
  readonly commands: readonly (readonly string[])[];
  readonly accept?: string | undefined;
}

export interface Progress {
  readonly devId: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** The faults and missed expectations. */
  readonly reasons: readonly string[];
  /** Sessions that the device began. */
  readonly sessions: number;
  /** Commands that were sent. */
  readonly commands: number;
}

/** Reads the model of the device, which the choice of a rule may need. */
const GET_MODEL: PlannedCommand = { do: ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//Mod'] };

export class DeviceRun {
  readonly devId: string;
  private readonly campaign: Campaign;
  private rule: Rule | undefined;
  private readonly reasons: string[] = [];
  private readonly alerts: unknown[] = [];
  /** Finished sessions. */
  private finished = 0;
  /** Begun sessions. */
  private opened = 0;
  /** Commands that were sent. */
  private sent = 0;
  /** The index of the next step of the open session; undefined: no session is open. */
  private step: number | undefined;
  /** The step whose Package#3 is due. */
  private current: Step | undefined;
  /** The URL of the last CONT; undefined: the session goes on at its first URL. */
  private continuedAt: string | undefined;
  /** True while the rule is not chosen because the model is unknown. */
  private isModelUnknown = false;
  /** Package#1 of the open session. */
  private opening: unknown = null;

  constructor(devId: string, campaign: Campaign) {
    this.devId = devId;
    this.campaign = campaign;
    const first = campaign.rules.find(({ match }) => matchesGlob(match.devId ?? '*', devId));
    if (first?.match.model === undefined) this.rule = first;
    else this.isModelUnknown = true;
  }

  /** Takes a Package#1, which begins a session. A session that was open begins again. */
  begin(body: unknown): Answer {
    for (const fault of checkPackage1(body)) this.fault(fault);
    this.opened += 1;
    this.storeAlerts(body);
    this.opening = body;
    this.continuedAt = undefined;
    this.step = 0;
    if (this.isModelUnknown) return this.send({ commands: [GET_MODEL] });
    this.checkOpening();
    return this.next();
  }

  /** Takes a Package#3 that was sent to `url`: statuses, data and alerts of the current step. */
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
    this.storeAlerts(body);
    if (this.isModelUnknown) return this.chooseRule(parts);
    this.checkParts(step.commands, statuses, parts);
    step.commands.forEach((command, index) => {
      const part = parts.find(({ name }) => name === String(index));
      this.checkCommand(command, statuses[index], part);
    });
    this.expectAlerts(step.alerts ?? [], isObject(body) ? body.Alert : [], 'Package#3');
    this.step += 1;
    return this.next();
  }

  /** The notification for the next session, when no session is open. */
  awaited(): PlannedNotification | undefined {
    return this.step === undefined ? this.session()?.notification : undefined;
  }

  /** Adds a fault of the client or a missed expectation. */
  fault(text: string): void {
    this.reasons.push(text);
  }

  /** Takes alerts that came in a session of their own (an EXEC with ServerURI). */
  report(body: unknown): void {
    for (const fault of checkPackage1(body)) this.fault(fault);
    this.storeAlerts(body);
  }

  /** The progress of the device; `missingUploads` describes the uploads that the Data Repository did not receive. */
  progress(missingUploads: (rule: Rule) => readonly string[]): Progress {
    const reasons = [...this.reasons];
    const planned = this.rule?.sessions.length ?? 0;
    const isOver = !this.isModelUnknown && this.finished >= planned && this.step === undefined;
    if (isOver && this.rule === undefined) reasons.push('no rule for this device');
    if (isOver && this.rule !== undefined) {
      reasons.push(...missing(this.rule.alerts ?? [], this.alerts, 'in the whole campaign'));
      reasons.push(...missingUploads(this.rule));
    }
    return {
      devId: this.devId,
      state: this.state(isOver, reasons),
      reasons,
      sessions: this.opened,
      commands: this.sent,
    };
  }

  private state(isOver: boolean, reasons: readonly string[]): Progress['state'] {
    if (reasons.length > 0) return 'failed';
    if (isOver) return 'done';
    return this.opened > 0 ? 'running' : 'waiting';
  }

  private session(): PlannedSession | undefined {
    return this.rule?.sessions[this.finished];
  }

  /** Sends the next step of the session, or END after the last. */
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

  /** Ends the open session. */
  private close(): void {
    if (this.session() !== undefined) this.finished += 1;
    this.step = undefined;
    this.current = undefined;
  }

  private chooseRule(parts: readonly Part[]): Answer {
    const model = parts.find((part) => part.name === '0')?.body.toString() ?? '';
    this.isModelUnknown = false;
    this.rule = this.campaign.rules.find(({ match }) => {
      return matchesGlob(match.devId ?? '*', this.devId) && matchesGlob(match.model ?? '*', model);
    });
    this.checkOpening();
    return this.next();
  }

  private checkOpening(): void {
    const session = this.session();
    const opening: unknown = this.opening;
    if (session === undefined || !isObject(opening)) return;
    const { alerts = [], notification } = session;
    const expected = notification === undefined ? alerts : [...alerts, sessionAlert(notification)];
    this.expectAlerts(expected, opening.Alert, 'Package#1');
    if (session.mos === undefined) return;
    const moids = Array.isArray(opening.MOS) ? opening.MOS.map((entry) => (isObject(entry) ? entry.MOID : '')) : [];
    const absent = session.mos.filter((moid) => !moids.includes(moid));
    for (const moid of absent) this.fault(`MOS does not list ${moid}`);
  }

  private expectAlerts(expected: readonly Matcher[], found: unknown, where: string): void {
    for (const fault of missing(expected, Array.isArray(found) ? found : [], `in ${where}`)) this.fault(fault);
  }

  private storeAlerts(body: unknown): void {
    if (isObject(body) && Array.isArray(body.Alert)) this.alerts.push(...body.Alert);
  }

  /** There is one part for each GET with status 200, and no other part (Appendix F). */
  private checkParts(
    commands: readonly PlannedCommand[],
    statuses: readonly ReportedStatus[],
    parts: readonly Part[],
  ): void {
    const due = commands.flatMap((command, index) =>
      command.do[0] === 'GET' && statuses[index]?.sc === DM2_STATUS.ok ? [String(index)] : [],
    );
    const names = parts.map((part) => part.name);
    if (names.join() !== due.join()) this.fault(`parts [${names.join()}] instead of [${due.join()}]`);
    for (const part of parts.filter(({ type }) => type === TYPES.moData)) {
      for (const fault of checkMoData(parseJson(part.body))) this.fault(`part ${part.name}: ${fault}`);
    }
  }

  private checkCommand(command: PlannedCommand, status: ReportedStatus | undefined, part: Part | undefined): void {
    const name = command.do.join(' ');
    const expected = [command.status ?? DM2_STATUS.ok].flat();
    if (status === undefined || !expected.includes(status.sc)) {
      this.fault(`${name}: status ${status?.sc ?? 'missing'} instead of ${expected.join(' or ')}`);
    }
    const uri = command.uri === undefined ? undefined : mismatch(command.uri, status?.uri, 'URI');
    if (uri !== undefined) this.fault(`${name}: ${uri}`);
    const data = command.data === undefined ? undefined : mismatch(command.data, part && partValue(part), 'data');
    if (data !== undefined) this.fault(`${name}: ${data}`);
  }
}

/** The session alert of a Package#1 that answers a notification (DM-2.0 Appendix D). */
function sessionAlert({ id }: PlannedNotification): Matcher {
  return { AlertType: 'urn:oma:at:dm:2.0:ServerInitiatedMgmt', Data: { 'NOTIFICATION-ID': id } };
}

/** Describes the expected alerts that are missing. */
function missing(expected: readonly Matcher[], found: readonly unknown[], where: string): readonly string[] {
  return unmatched(expected, found).map((matcher) => `no alert ${JSON.stringify(matcher)} ${where}`);
}

/** The JSON value of MO data; the text of any other part. */
function partValue(part: Part): unknown {
  return part.type === TYPES.moData ? parseJson(part.body) : part.body.toString();
}

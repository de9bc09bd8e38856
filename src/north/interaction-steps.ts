/**
 * The user interaction session of a device after the first alert of a SHOW: alert by alert, page by page (DM-2.0 §5.3.7).
 *
 * It lives beside the DM 2.0 session and goes on after its end, until the device session ends: at most 20 pages or 10 minutes.
 * Its state is a plain value in the session.
 */
import type { CommandOutcome, ServerCommand } from '../dm1/server-command.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import { type PageRequest, readPageReply, toHttpRequest } from '../interaction/browsing.ts';
import { answerAlert, type Interaction, type InteractionStep, nextAlert } from '../interaction/interaction.ts';
import { submissionOf } from '../interaction/submission.ts';
import { alertCommand, alertStatusOf } from '../interaction/ui-alert.ts';
import type { NorthEffect } from './north-state.ts';
import type { InteractionCore, OpenInteraction } from './open-interaction.ts';

const MAX_PAGES = 20;
const MAX_MS = 10 * 60_000;

/** The state after a step, and the work that it leaves to the bridge; an interaction that has ended is undefined. */
export interface InteractionChange {
  readonly interaction: OpenInteraction | undefined;
  readonly effects: readonly NorthEffect[];
}

/** Begins the session with the answer to the first alert. */
export function beginInteraction(
  step: InteractionStep,
  { at, ...core }: Pick<InteractionCore, 'id' | 'cookies' | 'lastPage'> & { readonly at: number },
): InteractionChange {
  return takeStep({ ...core, pages: 1, until: at + MAX_MS }, step, at);
}

/** The Status of the alert that was asked; undefined when the outcome is that of something else. */
export function receiveAnswer(
  open: OpenInteraction,
  outcome: CommandOutcome,
  at: number,
): InteractionChange | undefined {
  if (open.phase !== 'asking' || open.alertId !== outcome.id) return undefined;
  return takeStep(coreOf(open), answerAlert(open.interaction, alertStatusOf(outcome)), at);
}

/** The reply to a submission; undefined when the reply is that to something else. */
export function receivePage(
  open: OpenInteraction,
  requestId: string,
  reply: RepositoryReply,
): InteractionChange | undefined {
  if (open.phase !== 'loading' || open.requestId !== requestId) return undefined;
  const result = readPageReply(open.request, reply);
  const { lastPage } = open;
  const isLast = lastPage !== undefined && result.kind !== 'redirect' && isSamePage(lastPage.url, open.request.url);
  if (isLast && lastPage.isEnd) return endInteraction('the page that closes the pages was loaded');
  const core = coreOf(isLast ? { ...open, lastPage: undefined } : open);
  switch (result.kind) {
    case 'redirect':
      return load(core, result.request);
    case 'none':
      return endInteraction(result.reason);
    case 'page': {
      const interaction: Interaction = { page: result.page, answers: [] };
      const pages = core.pages + 1;
      const shown = ask({ ...core, cookies: result.cookies, pages }, interaction);
      return {
        interaction: shown.interaction,
        effects: [{ type: 'log', event: 'show.page', facts: { page: pages } }, ...shown.effects],
      };
    }
  }
}

/** The process stopped before the reply came. A page is fetched again; a form is not sent twice. */
export function resumeInteraction(open: OpenInteraction): InteractionChange {
  if (open.phase !== 'loading') return { interaction: open, effects: [] };
  if (open.request.method === 'POST') return endInteraction('the bridge stopped while a form was on its way');
  return load(open, open.request);
}

export function endInteraction(reason: string): InteractionChange {
  return { interaction: undefined, effects: [{ type: 'log', event: 'show.ended', facts: { reason } }] };
}

function takeStep(open: InteractionCore, step: InteractionStep, at: number): InteractionChange {
  switch (step.kind) {
    case 'ended':
      return endInteraction(step.reason);
    case 'asking':
      return ask(open, step.interaction);
    case 'complete': {
      const { form } = step.interaction.page;
      if (form === undefined) return endInteraction('the user has seen the page');
      if (at > open.until) return endInteraction('the time of 10 minutes is over');
      if (open.pages >= MAX_PAGES) return endInteraction(`${MAX_PAGES} pages were shown`);
      const submission = submissionOf(form, step.interaction.answers, `dmbridge-${open.id}`);
      const { method } = submission;
      const change = load(open, { ...submission, cookies: open.cookies, redirects: 0 });
      return {
        interaction: change.interaction,
        effects: [{ type: 'log', event: 'show.submitted', facts: { method } }, ...change.effects],
      };
    }
  }
}

/** A page named without a query is the same with one, such as the fields of a form. */
function isSamePage(wanted: string, loaded: string): boolean {
  return loaded === wanted || (!wanted.includes('?') && loaded.split('?')[0] === wanted);
}

function coreOf({ id, cookies, pages, until, lastPage }: InteractionCore): InteractionCore {
  return { id, cookies, pages, until, lastPage };
}

function ask(core: InteractionCore, interaction: Interaction): InteractionChange {
  const { id, pages } = core;
  const alert = nextAlert(interaction);
  if (alert === undefined) return endInteraction('the page has no alert');
  const alertId = `u${id}.${pages}.${interaction.answers.length}`;
  const command: ServerCommand = { ...alertCommand(alert), id: alertId };
  return {
    interaction: { ...coreOf(core), phase: 'asking', interaction, alertId },
    effects: [{ type: 'deviceCommands', commands: [command] }],
  };
}

/** The cookies are in the request. */
function load(open: InteractionCore, request: PageRequest): InteractionChange {
  const { cookies: _, ...core } = coreOf(open);
  const { id, pages } = core;
  const requestId = `p${id}.${pages}.${request.redirects}`;
  return {
    interaction: { ...core, phase: 'loading', request, requestId },
    effects: [{ type: 'request', id: requestId, purpose: 'page', request: toHttpRequest(request) }],
  };
}

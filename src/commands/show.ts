/**
 * SHOW: the page at a ServerURI becomes user interaction alerts of the device (DM-2.0 §5.3.7; DM-1.3 §10.2).
 *
 * The command ends with the device's first Status. The alerts that follow belong to the user interaction session, which goes
 * on beside the DM 2.0 session (`north/interaction-steps.ts`).
 */
import type { ServerUri } from '../dm2/server-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { type PageReply, type PageRequest, readPageReply, toHttpRequest } from '../interaction/browsing.ts';
import { answerAlert, type Interaction, type LastPage, nextAlert } from '../interaction/interaction.ts';
import { alertCommand, alertStatusOf } from '../interaction/ui-alert.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { claimInteraction, emit, requestHttp, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';

export function* show(context: TranslationContext, serverUri: string): Workflow<CommandResult> {
  const accepted = acceptServerUri(context, serverUri);
  if ('refusal' in accepted) return { status: DM2_STATUS.internalError, reason: accepted.refusal };
  const lastPage = context.account.dialect === 'dm20-draft' ? lastPageIn(accepted.uri) : undefined;
  if (context.account.dialect === 'dm20-draft' && lastPage === undefined) return { status: DM2_STATUS.badRequest };
  if (!claimInteraction()) return { status: DM2_STATUS.unavailable, reason: 'another page is being shown' };
  const result = yield* fetchPage({ method: 'GET', url: accepted.uri, redirects: 0 });
  if (result.kind === 'none') {
    emit({ type: 'interaction', step: { kind: 'ended', reason: result.reason } });
    return { status: result.status, reason: result.reason };
  }
  emit({ type: 'log', event: 'show.started', facts: { alerts: result.page.alerts.length } });
  return yield* ask(context, { page: result.page, answers: [] }, { cookies: result.cookies, lastPage });
}

/** The part of the first page's exchange that counts for all pages. */
interface Browsing {
  readonly cookies: PageRequest['cookies'];
  readonly lastPage: LastPage | undefined;
}

/** The page whose loading ends the pause of the session: the pages end with it, or go on (early draft §5.8). */
function lastPageIn(serverUri: ServerUri): LastPage | undefined {
  const { searchParams } = new URL(serverUri);
  const [close, goOn] = [searchParams.get('Close'), searchParams.get('Continue')];
  const url = URL.parse(close ?? goOn ?? '', serverUri)?.href;
  return (close ?? goOn) === null || url === undefined ? undefined : { url, isEnd: close !== null };
}

/** Sends the first alert. Its Status decides that of the command. */
function* ask(context: TranslationContext, interaction: Interaction, browsing: Browsing): Workflow<CommandResult> {
  const alert = nextAlert(interaction);
  if (alert === undefined) return { status: DM2_STATUS.internalError, reason: 'the page has no alert' };
  const outcomes = yield* writeOnDevice([alertCommand(alert)], []);
  const [outcome] = outcomes;
  if (outcome !== undefined) {
    emit({ type: 'interaction', step: answerAlert(interaction, alertStatusOf(outcome)), ...browsing });
  }
  return { status: finalStatus(context.statusTable, outcomes, 'SHOW') };
}

function* fetchPage(first: PageRequest): Workflow<Exclude<PageReply, { readonly kind: 'redirect' }>> {
  let request = first;
  for (;;) {
    const reply = readPageReply(request, yield* requestHttp(toHttpRequest(request)));
    if (reply.kind !== 'redirect') return reply;
    request = reply.request;
  }
}

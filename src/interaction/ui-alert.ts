/** User interaction alerts as commands of DM 1.x, and the user's answers in their Statuses (DM-1.3 §10.2). */
import type { CommandOutcome, ServerCommand } from '../dm1/server-command.ts';
import type { AlertStatus } from './interaction.ts';
import type { PageAlert } from './page.ts';

export function alertCommand({ code, options, text, choices }: PageAlert): Omit<ServerCommand, 'id' | 'members'> {
  const items = [options, text, ...choices].map((data) => ({ data }));
  return { name: 'Alert', alertCode: String(code), items, afterOthers: true };
}

export function alertStatusOf({ status, statusItems }: CommandOutcome): AlertStatus {
  return { status, items: statusItems.map(({ data = '' }) => data) };
}

import type { ConsoleContext, Doorkeeper } from './door.ts';
import { field } from './fields.ts';
import { isOwnPath, pathWith } from './paths.ts';

/** Fields that people fill in, with their longest text in characters. No other is kept, such as a token. */
const kept = { reason: 500, to: 80, confirmed: 80, force: 3, roles: 3, flawed: 3, tables: 700, database: 40 };
export type Kept = keyof typeof kept;
/** Name of its cookie, and the time it is kept, in seconds. */
const [name, patience] = ['draft', 3600];

/** A form that was filled in and came to nothing: the session had ended, or the order was refused. */
export interface Draft {
  /** Page that the form stands on. */
  page: string;
  /** Path that it is sent to; empty if only the page is kept. */
  action: string;
  fields: Partial<Record<Kept, string>>;
  /** Person who filled it in, if that is known; nobody else sees it. */
  by?: string;
}

/** Keeps the form that was sent in a sealed cookie of the browser, until its order is carried out. */
export async function keepForm(keeper: Doorkeeper, context: ConsoleContext): Promise<Draft | undefined> {
  const fields: Draft['fields'] = {};
  for (const [each, longest] of Object.entries(kept) as [Kept, number][]) {
    const text = await field(context, each);
    if (text !== undefined && text !== '') fields[each] = text.slice(0, longest).toWellFormed();
  }
  const page = (await field(context, 'back')) ?? '';
  // every form of ours has its origin; whatever has none must not fill in anything
  if (context.req.header('origin') === undefined || !isOwnPath(page) || Object.keys(fields).length === 0) return undefined;
  const person = (context.get('session') ?? context.get('ended'))?.person;
  const draft: Draft = { page: pathWith(page), action: context.req.path, fields, ...(person !== undefined && { by: person }) };
  keeper.leave(context, name, draft, patience);
  return draft;
}

/** Keeps the page that somebody asked for, unless a form is kept. */
export function keepPage(keeper: Doorkeeper, context: ConsoleContext): void {
  const { pathname, search } = new URL(context.req.url);
  const page = `${pathname}${search}`;
  const isLookedAt = ['document', undefined].includes(context.req.header('sec-fetch-dest'));
  if (isLookedAt && page !== '/' && isOwnPath(page) && page.length < 1000 && !draftOf(keeper, context)?.action)
    keeper.leave(context, name, { page, action: '', fields: {} } satisfies Draft, patience);
}

/** Returns what is kept for a person, by default the one who has signed in or whose session has ended. */
export function draftOf(keeper: Doorkeeper, context: ConsoleContext, person = (context.get('session') ?? context.get('ended'))?.person): Draft | undefined {
  const draft = keeper.find(context, name) as Draft | undefined;
  return draft?.by === undefined || draft.by === person ? draft : undefined;
}

/** Forgets what is kept, if anything is. */
export function forgetDraft(keeper: Doorkeeper, context: ConsoleContext): void {
  keeper.pickUp(context, name);
}

import type { MiddlewareHandler } from 'hono';
import type { Asking } from './asking.ts';
import type { ConsoleContext, ConsoleEnv } from './door.ts';
import { keepForm, keepPage } from './drafts.ts';
import { field } from './fields.ts';
import { forbiddenPage, otherSessionPage, signInPage } from './pages/entrance.ts';
import { isOwnRequest } from './security.ts';

/**
 * Lets nobody pass who has not signed in, and no form that another site could have sent. A form that was filled in
 * before the session ended is kept if it was the console's, and filled in again once its author has signed in.
 */
export function guard(asking: Asking): MiddlewareHandler<ConsoleEnv> {
  const { options, sessions } = asking;
  return async (context, next) => {
    const { req } = context;
    const changes = req.method !== 'GET' && req.method !== 'HEAD';
    const isOwn = isOwnRequest((name) => req.header(name), options);
    if (changes && !isOwn) return context.html(forbiddenPage(context.get('words')), 403);
    const session = context.get('session');
    if (!session) return unknown(context, asking, changes);
    if (changes && !sessions.isToken(session, (await field(context, 'token')) ?? '')) return ofOtherSession(context, asking);
    return next();
  };
}

async function unknown(context: ConsoleContext, asking: Asking, changes: boolean): Promise<Response> {
  const words = context.get('words');
  const { door } = asking.options;
  const form = changes ? await keepForm(asking, context) : undefined;
  if (!changes && door.path === undefined) keepPage(asking, context);
  const typed = changes ? await field(context, 'reason') : undefined;
  const { pathname, search } = new URL(context.req.url);
  const back = changes ? form?.page : `${pathname}${search}`;
  const ended = changes || context.get('ended') !== undefined;
  return context.html(
    signInPage(words, { text: door.explain(words), path: door.path, back, ended, nothingDone: changes, isKept: form !== undefined, typed }),
    401,
  );
}

/** Answers a form of a page that an earlier session of this browser has loaded, or a forged one. */
async function ofOtherSession(context: ConsoleContext, asking: Asking): Promise<Response> {
  const words = context.get('words');
  const form = await keepForm(asking, context);
  return context.html(form ? otherSessionPage(words, form.page, asking.menu(context)) : forbiddenPage(words, asking.menu(context)), 403);
}

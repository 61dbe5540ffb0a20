import type { MiddlewareHandler } from 'hono';
import type { ConsoleContext, ConsoleEnv } from './door.ts';
import { keepForm, keepPage } from './drafts.ts';
import { field } from './fields.ts';
import { forbiddenPage, otherSessionPage, signInPage } from './pages/entrance.ts';
import type { Requester } from './requester.ts';
import { isOwnRequest } from './security.ts';

/**
 * Lets nobody pass who has not signed in, and no form that another site could have sent. A form that was filled in
 * before the session ended is kept if it was the console's, and filled in again once its author has signed in.
 */
export function guard(requester: Requester): MiddlewareHandler<ConsoleEnv> {
  const { options, sessions } = requester;
  return async (context, next) => {
    const { req } = context;
    const changes = req.method !== 'GET' && req.method !== 'HEAD';
    const isOwn = isOwnRequest((name) => req.header(name), options);
    if (changes && !isOwn) return context.html(forbiddenPage(context.get('words')), 403);
    const session = context.get('session');
    if (!session) return unknown(context, requester, changes);
    if (changes && !sessions.isToken(session, (await field(context, 'token')) ?? '')) return ofOtherSession(context, requester);
    return next();
  };
}

async function unknown(context: ConsoleContext, requester: Requester, changes: boolean): Promise<Response> {
  const words = context.get('words');
  const { door } = requester.options;
  const form = changes ? await keepForm(requester, context) : undefined;
  if (!changes && door.path === undefined) keepPage(requester, context);
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
async function ofOtherSession(context: ConsoleContext, requester: Requester): Promise<Response> {
  const words = context.get('words');
  const form = await keepForm(requester, context);
  return context.html(form ? otherSessionPage(words, form.page, requester.menu(context)) : forbiddenPage(words, requester.menu(context)), 403);
}

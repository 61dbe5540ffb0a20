import type { MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { ConsoleOptions } from './app-options.ts';
import type { ConsoleContext, ConsoleEnv } from './door.ts';
import { forbiddenPage, signInPage } from './pages/entrance.ts';
import { isOwnRequest } from './security.ts';
import type { Sessions } from './sessions.ts';

/**
 * Lets nobody pass who has not signed in, and no form that another site could have sent. What somebody had typed when
 * the session ended is shown again, if the form was the console's.
 */
export function guard(options: ConsoleOptions, sessions: Sessions): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    const { req } = context;
    const changes = req.method !== 'GET' && req.method !== 'HEAD';
    const isOwn = isOwnRequest((name) => req.header(name), options);
    if (changes && !isOwn) return context.html(forbiddenPage(context.get('words')), 403);
    const session = context.get('session');
    if (!session) return unknown(context, options, sessions, changes);
    if (changes && !sessions.isToken(session, (await field(context, 'token')) ?? '')) return context.html(forbiddenPage(context.get('words')), 403);
    return next();
  };
}

async function unknown(context: ConsoleContext, { cookie, door }: ConsoleOptions, sessions: Sessions, changes: boolean): Promise<Response> {
  const words = context.get('words');
  const ended = 'ended' in sessions.read(getCookie(context, cookie));
  const typed = changes ? await field(context, 'reason') : undefined;
  const { pathname, search } = new URL(context.req.url);
  const back = changes ? undefined : `${pathname}${search}`;
  return context.html(signInPage(words, { text: door.explain(words), path: door.path, back, ended: ended || changes, nothingDone: changes, typed }), 401);
}

/** Reads a field of the form; undefined if there is none, or what came is no form. */
export async function field(context: ConsoleContext, name: string): Promise<string | undefined> {
  const form = await context.req.parseBody().catch(() => ({}) as Record<string, unknown>);
  const value: unknown = Object.hasOwn(form, name) ? (form as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

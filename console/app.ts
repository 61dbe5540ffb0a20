import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie } from 'hono/cookie';
import type { ConsoleOptions } from './app-options.ts';
import { serveAssets } from './assets.ts';
import type { ConsoleApp, ConsoleEnv } from './door.ts';
import { keepForm } from './drafts.ts';
import { guard } from './guard.ts';
import { addOrderRoutes, languageCookie } from './order-routes.ts';
import { addPageRoutes } from './page-routes.ts';
import { errorPage, notFoundPage } from './pages/errors.ts';
import { isOwnPath } from './paths.ts';
import { Requester } from './requester.ts';
import { ownHostOnly, securityHeaders } from './security.ts';
import { Sessions } from './sessions.ts';
import { preferredLanguage, wordsIn } from './words/words.ts';

/** Largest form, in bytes. */
const largestForm = 16_384;

/** Makes the administrators' pages. Every answer but the door's and the files' needs somebody who has signed in. */
export function makeConsole(options: ConsoleOptions): ConsoleApp {
  const { clock, key, language, log, sessionSeconds } = options;
  const app = new Hono<ConsoleEnv>();
  const sessions = new Sessions(key, clock, sessionSeconds);
  const requester = new Requester(options, sessions);
  app.use(securityHeaders(options));
  app.use(ownHostOnly(options));
  app.use(async (context, next) => {
    const chosen = getCookie(context, languageCookie);
    context.set('words', wordsIn(chosen === 'en' || chosen === 'fr' ? chosen : preferredLanguage(context.req.header('accept-language'), language)));
    const read = sessions.read(getCookie(context, options.cookie));
    if ('session' in read) context.set('session', read.session);
    if ('ended' in read) context.set('ended', read.ended);
    await next();
  });
  app.use(bodyLimit({ maxSize: largestForm, onError: (context) => context.text('too large', 413) }));
  app.onError(async (error, context) => {
    const mark = randomUUID().slice(0, 8);
    const form = context.req.method === 'POST' && context.get('session') ? await keepForm(requester, context) : undefined;
    const { page, status, isOurs } = errorPage(
      { words: context.get('words') ?? wordsIn(language), here: form?.page ?? context.req.path, form: form?.page, bar: requester.menu(context) },
      error,
      mark,
    );
    if (!isOurs) log.error(`console: ${context.req.method} ${context.req.path} failed (${mark}): ${error.name}: ${error.message}`);
    return context.html(page, status);
  });
  app.notFound((context) => context.html(notFoundPage(context.get('words'), '/', requester.menu(context)), 404));
  serveAssets(app);
  app.get('/language/:code', (context) => {
    const { code } = context.req.param();
    const back = context.req.query('back') ?? '/';
    if (code === 'en' || code === 'fr') requester.setCookie(context, languageCookie, code, 365 * 86_400);
    return context.redirect(isOwnPath(back) ? back : '/', 303);
  });
  options.door.open(app, requester);
  app.use(guard(requester));
  addPageRoutes(app, requester);
  addOrderRoutes(app, requester);
  return app;
}

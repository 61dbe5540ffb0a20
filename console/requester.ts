import { getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import { reasonOf } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import type { ConsoleOptions } from './app-options.ts';
import type { ConsoleContext, Doorkeeper } from './door.ts';
import { draftOf, forgetDraft } from './drafts.ts';
import { type Html, menu, plainPage, type Reader, readerOf } from './parts/page.ts';
import type { Session, Sessions } from './sessions.ts';

/** Largest number of refusals at the door that the audit log takes in an hour; the log takes all. */
const mostRefusals = 30;
/** Time for which a browser remembers a session that has ended, in seconds. */
const remembered = 3600;

/** Knows who sends a request: the home that works for them, and the reader of the page. Begins and ends their sessions. */
export class Requester implements Doorkeeper {
  readonly options: ConsoleOptions;
  readonly sessions: Sessions;
  #refusals: number[] = [];

  constructor(options: ConsoleOptions, sessions: Sessions) {
    this.options = options;
    this.sessions = sessions;
  }

  /** Returns the home that works in the name of who asks. */
  home(context: ConsoleContext): Home {
    return this.#homeOf(sessionOf(context).person);
  }

  reader(context: ConsoleContext): Reader {
    const session = sessionOf(context);
    const { pathname, search } = new URL(context.req.url);
    const draft = draftOf(this, context);
    return readerOf({
      words: context.get('words'),
      session,
      token: this.sessions.token(session),
      timeZone: this.home(context).timeZone,
      here: `${pathname}${search}`,
      ...(draft?.action && draft.page.split('?')[0] === pathname && { draft }),
    });
  }

  /** Makes the menu for a page of an error; undefined for those who have not entered. */
  menu(context: ConsoleContext): Html | undefined {
    const session = context.get('session');
    return session && menu({ words: context.get('words'), session, token: this.sessions.token(session) });
  }

  async letIn(context: ConsoleContext, person: string, to = '/'): Promise<Response> {
    await this.#homeOf(person).carryOut({ action: 'access', event: 'signed-in' });
    const { cookie, door } = this.options;
    // whoever comes back from another site's page would not be known yet by a strict cookie
    const sameSite = door.path === undefined ? 'Strict' : 'Lax';
    // kept beyond its end, so that whoever comes back is known to come back
    this.setCookie(context, cookie, this.sessions.seal('session', this.sessions.begin(person)), this.sessions.seconds + remembered, sameSite);
    const draft = draftOf(this, context, person);
    if (!draft?.action) forgetDraft(this, context);
    return context.redirect(to === '/' ? (draft?.page ?? to) : to, 303);
  }

  async turnAway(context: ConsoleContext, person: string, { title, text, detail }: { title: string; text: Html | string; detail: string }): Promise<Response> {
    const { clock, door, log } = this.options;
    log.warn(`console: ${person} was refused: ${detail}`);
    const now = clock.now().getTime();
    this.#refusals = this.#refusals.filter((at) => now - at < 3_600_000);
    if (this.#refusals.push(now) <= mostRefusals)
      await this.#homeOf(person)
        .carryOut({ action: 'access', event: 'sign-in-refused', detail })
        .catch((error: unknown) => log.error(`console: the refusal could not be noted: ${reasonOf(error).message}`));
    const words = context.get('words');
    const again = door.path === undefined ? '' : html`<p><a class="button" href="${door.path}">${words.signInAgain}</a></p>`;
    return context.html(plainPage(words, '/', { title, content: html`<p>${text}</p>${again}` }), 403);
  }

  async signOut(context: ConsoleContext): Promise<void> {
    const session = sessionOf(context);
    this.sessions.end(session);
    this.setCookie(context, this.options.cookie, '', 0);
    await this.#homeOf(session.person).carryOut({ action: 'access', event: 'signed-out' });
  }

  leave(context: ConsoleContext, name: string, content: object, seconds: number): void {
    // it must come back with a redirect from the provider's site
    this.setCookie(context, `${this.options.cookie}-${name}`, this.sessions.seal(name, content), seconds, 'Lax');
  }

  find(context: ConsoleContext, name: string): unknown {
    const sealed = getCookie(context, `${this.options.cookie}-${name}`);
    return sealed === undefined ? undefined : this.sessions.open(name, sealed);
  }

  pickUp(context: ConsoleContext, name: string): unknown {
    const cookie = `${this.options.cookie}-${name}`;
    if (getCookie(context, cookie) !== undefined) this.setCookie(context, cookie, '', 0, 'Lax');
    return this.find(context, name);
  }

  setCookie(context: ConsoleContext, name: string, value: string, maxAge: number, sameSite: 'Strict' | 'Lax' = 'Strict'): void {
    const secure = this.options.origins.every((origin) => origin.startsWith('https:'));
    setCookie(context, name, value, { httpOnly: true, secure, sameSite, path: '/', maxAge });
  }

  #homeOf(person: string): Home {
    return this.options.homeFor({ by: person, claimed: !this.options.knowsPeople });
  }
}

/** Returns the session of who asks; the guard has let nobody pass without one. */
export function sessionOf(context: ConsoleContext): Session {
  const session = context.get('session');
  if (!session) throw new HTTPException(401);
  return session;
}

import { html } from 'hono/html';
import { visible } from '../format.ts';
import { type Html, plainPage } from '../parts/page.ts';
import type { Words } from '../words/words.ts';

interface SignIn {
  /** How to enter. */
  text: Html | string;
  /** Where signing in begins, if it is a page. */
  path: string | undefined;
  /** Page to come back to. */
  back: string | undefined;
  ended: boolean;
  /** True if an order was given, and not carried out. */
  nothingDone: boolean;
  /** True if the form will be filled in again. */
  isKept: boolean;
  /** Text that was in the form. */
  typed: string | undefined;
}

export function signInPage(words: Words, { text, path, back = '/', ended, nothingDone, isKept, typed }: SignIn): Html {
  const to = path === undefined ? '' : html`<p><a class="button main" href="${path}?to=${encodeURIComponent(back)}">${words.signIn}</a></p>`;
  return plainPage(words, back, {
    title: ended ? words.sessionEnded : words.signInTitle,
    content: html`${nothingDone ? html`<p>${isKept ? words.notDoneKept : words.notDone}</p>` : ''}<p>${text}</p>${typed ? html`<label>${words.typed}<textarea readonly rows="3">${visible(typed)}</textarea></label>` : ''}${to}`,
  });
}

/** `elsewhere` is where the session at the provider ends. */
export function signedOutPage(words: Words, text: Html | string, elsewhere: string | undefined): Html {
  const on = elsewhere === undefined ? '' : html`<p><a href="${elsewhere}">${words.signOutThere}</a></p>`;
  return plainPage(words, '/', { title: words.signedOut, content: html`<p>${text}</p>${on}` });
}

/** `page` is where the form is, filled in again. */
export function otherSessionPage(words: Words, page: string, bar: Html | undefined): Html {
  return plainPage(words, page, {
    title: words.otherSession,
    content: html`<p>${words.otherSessionMeaning}</p><p><a class="button main" href="${page}">${words.backToForm}</a></p>`,
    bar,
  });
}

export function forbiddenPage(words: Words, bar?: Html): Html {
  return plainPage(words, '/', { title: words.forbidden, content: html`<p>${words.forbiddenMeaning}</p><p><a href="/">${words.overview}</a></p>`, bar });
}

import { html } from 'hono/html';
import { addressOf } from '../assets.ts';
import type { Draft } from '../drafts.ts';
import { type Format, formatFor } from '../format.ts';
import type { Session } from '../sessions.ts';
import type { Words } from '../words/words.ts';

/** A piece of a page; its texts are escaped. */
export type Html = ReturnType<typeof html>;

/** What every page is made with. */
export interface Reader {
  words: Words;
  format: Format;
  timeZone: string;
  session: Session;
  /** Token of forms. */
  token: string;
  /** Path and query of the page. */
  here: string;
  /** A form of this page that was filled in before, and whose order was not carried out. */
  draft?: Draft;
}

export function readerOf(given: Omit<Reader, 'format'>): Reader {
  return { ...given, format: formatFor(given.words, given.timeZone) };
}

interface PageOptions {
  title: string;
  /** Page of the menu that it belongs to. */
  current?: 'overview' | 'backups' | 'audit' | 'health';
  content: Html;
  /** Seconds until it is looked at again; missing if nothing on it changes by itself. */
  every?: number;
  /** True if people fill in forms on it: without a script it is not loaded again under their hands. */
  isFilledIn?: boolean;
  /** Message about what was just done. */
  said?: Html | undefined;
}

/** Makes a page of the console for somebody who has entered. */
export function page(reader: Reader, { title, current, content, every, isFilledIn = false, said }: PageOptions): Html {
  const { words, timeZone } = reader;
  return frame({
    ...reader,
    title,
    every,
    isFilledIn,
    bar: menu(reader, current),
    content: html`<div id="said" role="status" data-live>${said ?? ''}</div>${content}`,
    foot: words.zone(timeZone),
  });
}

/** Makes the menu of somebody who has entered, with the way out. */
export function menu({ words, session, token }: Pick<Reader, 'words' | 'session' | 'token'>, current?: PageOptions['current']): Html {
  const links = [
    ['overview', '/', words.overview],
    ['backups', '/backups', words.backups],
    ['health', '/health', words.health],
    ['audit', '/audit', words.audit],
  ] as const;
  const items = links.map(([name, path, label]) => html`<li><a href="${path}"${name === current ? html` aria-current="page"` : ''}>${label}</a></li>`);
  return html`<nav aria-label="${words.menu}"><ul>${items}</ul></nav>
<form method="post" action="/sign-out" class="out">
<input type="hidden" name="token" value="${token}">
<span>${session.person.replace(/^console:/, '')}</span>
<button class="plain">${words.signOut}</button></form>`;
}

/** Makes a page for anybody: signing in, or an error. `bar` is the menu of somebody who has entered. */
export function plainPage(words: Words, here: string, { title, content, bar }: { title: string; content: Html; bar?: Html | undefined }): Html {
  return frame({ words, here, title, bar, content: html`<section class="alone"><h1>${title}</h1>${content}</section>` });
}

interface Frame extends Pick<Reader, 'words' | 'here'> {
  title: string;
  bar?: Html | undefined;
  content: Html;
  foot?: string;
  every?: number | undefined;
  isFilledIn?: boolean;
}

function frame({ words, here, title, bar, content, foot, every, isFilledIn = false }: Frame): Html {
  const { code, name } = words.otherLanguage;
  const refresh = every !== undefined && every < 10 && !isFilledIn ? html`<noscript><meta http-equiv="refresh" content="5"></noscript>` : '';
  return html`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Sauvegarde</title>
<link rel="icon" type="image/svg+xml" href="${addressOf('icon.svg')}">
<link rel="stylesheet" href="${addressOf('style.css')}">
<script src="${addressOf('live.js')}" defer></script>
${refresh}
</head>
<body${every === undefined ? '' : html` data-every="${every}"`} data-ended="${words.sessionEnded}">
<a class="skip" href="#content">${words.skip}</a>
<header><a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 1.8 20.5 5v6.6c0 5-3.4 8.8-8.5 10.6C6.9 20.4 3.5 16.6 3.5 11.6V5z"/><path class="tick" d="m8 11.8 2.9 2.9L16.2 9"/></svg>Sauvegarde</a>${bar ?? ''}
<a class="language" lang="${code}" hreflang="${code}" href="/language/${code}?back=${encodeURIComponent(here)}">${name}</a></header>
<main id="content" tabindex="-1">${content}</main>
${foot === undefined ? '' : html`<footer>${foot}</footer>`}
</body>
</html>`;
}

import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import { type ErrorName, errorNames, reasonOf, SauvegardeError } from '../../core/errors.ts';
import { quotation } from '../parts/detail.ts';
import { sentence } from '../parts/labels.ts';
import { type Html, plainPage } from '../parts/page.ts';
import { messagesFor } from '../words/messages.ts';
import type { Words } from '../words/words.ts';

type Status = 400 | 404 | 409 | 500 | 503;

const statuses: Partial<Record<ErrorName, Status>> = {
  ConfigurationError: 400,
  UnknownNameError: 404,
  RefusedError: 409,
  ObjectMissingError: 409,
  DocumentInvalidError: 409,
  CatalogueUnavailableError: 503,
  StorageRefusedError: 503,
  StorageFullError: 503,
};

interface Where {
  words: Words;
  /** Path of the page. */
  here: string;
  /** Page of the form whose order was refused. */
  form: string | undefined;
  /** Menu of somebody who has entered. */
  bar: Html | undefined;
}

/** Makes the page of an error. An unknown one shows nothing of itself but the mark under which the log has it. */
export function errorPage({ words, here, form, bar }: Where, error: Error, mark: string): { page: Html; status: Status; isOurs: boolean } {
  const isOurs = error instanceof SauvegardeError && errorNames.includes(error.name) && error.name !== 'UnexpectedError';
  const back = html`${form === undefined ? '' : html`<p><a class="button main" href="${form}">${words.backToForm}</a></p>`}<p><a href="/">${words.overview}</a> · <a href="/backups">${words.backups}</a></p>`;
  if (error instanceof HTTPException) return { page: notFoundPage(words, here, bar), status: 404, isOurs: true };
  if (!isOurs)
    return {
      page: plainPage(words, here, { title: words.wrong, content: html`<p>${words.wrongMeaning} <code>${mark}</code></p>${back}`, bar }),
      status: 500,
      isOurs,
    };
  const { name, message } = reasonOf(error);
  const { advice, meaning } = messagesFor(words);
  const content = html`<h2>${words.message}</h2><p class="original">${quotation(message)}</p><h2>${words.whatToTry}</h2><p>${advice[name]}</p>${back}`;
  return { page: plainPage(words, here, { title: sentence(words, meaning[name]), content, bar }), status: statuses[name] ?? 500, isOurs };
}

export function notFoundPage(words: Words, here: string, bar?: Html): Html {
  return plainPage(words, here, {
    title: words.notFound,
    content: html`<p><a href="/">${words.overview}</a> · <a href="/backups">${words.backups}</a></p>`,
    bar,
  });
}

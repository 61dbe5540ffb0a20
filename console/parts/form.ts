import { html } from 'hono/html';
import type { Kept } from '../drafts.ts';
import type { Html, Reader } from './page.ts';

interface ButtonOptions {
  action: string;
  label: string;
  /** Other fields. */
  fields?: Record<string, string>;
  /** Name for those who do not see what it stands beside. */
  name?: string;
  look?: 'main' | 'plain' | 'small' | 'danger';
  /** False if the answer is no page, such as a file. @default true */
  live?: boolean;
  /** Inputs before the button. */
  inputs?: Html;
  id?: string;
}

/** A button that sends a form. The answer leads back to the page it stands on. */
export function button({ token, here }: Reader, { action, label, fields = {}, name, look, live = true, inputs, id }: ButtonOptions): Html {
  const hidden = Object.entries({ token, ...(live && { back: here }), ...fields }).map(
    ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`,
  );
  return html`<form method="post" action="${action}"${live ? html` data-form` : ''}>${hidden}${inputs ?? ''}<button${id === undefined ? '' : html` id="${id}"`}${look === undefined ? '' : html` class="${look}"`}${name === undefined ? '' : html` aria-label="${name}"`}>${label}</button></form>`;
}

/** Returns the text with which a field was sent before, if its form came to nothing; undefined if it did not. */
export function typedBefore({ draft }: Reader, action: string, name: Kept): string | undefined {
  return draft?.action === action ? draft.fields[name] : undefined;
}

/** A list to choose from. */
export function select(name: string, label: string | Html, options: readonly (readonly [value: string, label: string])[], chosen: string): Html {
  return html`<label>${label}<select name="${name}">${options.map(
    ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${text}</option>`,
  )}</select></label>`;
}

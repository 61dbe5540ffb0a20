import { randomBytes } from 'node:crypto';
import { html } from 'hono/html';
import { detailText } from '../../core/catalogue/audit-details.ts';
import type { Door } from '../door.ts';
import type { Html } from '../parts/page.ts';
import { equal } from '../sessions.ts';

/** Path of a link; its key is in the query. */
const path = '/enter';

/** Keys of links that let one person in, once. */
export class LinkKeys {
  #key = fresh();
  /** Called when there is a new key in the place of a used one. */
  onNew: () => void = () => undefined;

  /** Returns the link that works now, below an origin such as `http://127.0.0.1:7423`. */
  link(origin: string): string {
    return `${origin}${path}?key=${this.#key}`;
  }

  /** Returns true, once, for the key that works now. */
  use(key: string): boolean {
    if (!equal(key, this.#key)) return false;
    this.#key = fresh();
    this.onNew();
    return true;
  }
}

function fresh(): string {
  return randomBytes(32).toString('base64url');
}

/** Door of one machine: a link that only somebody with access to the terminal or to the state folder knows. */
export function linkDoor(keys: LinkKeys, person: string): Door {
  return {
    explain: (words) => withCommand(words.signInByLink),
    open: (app, keeper) => {
      app.get(path, async (context) => {
        const words = context.get('words');
        if (keys.use(context.req.query('key') ?? '')) return keeper.letIn(context, person);
        // a browser that restores its windows opens the link again
        if (context.get('session')) return context.redirect('/', 303);
        const text = withCommand(words.linkUsed);
        return keeper.turnAway(context, 'console:unknown', { title: words.signInTitle, text, detail: detailText({ about: 'wrong-link' }) });
      });
    },
  };
}

/** Adds the command that prints a link. */
function withCommand(text: string): Html {
  return html`${text} <code>npx sauvegarde console</code>`;
}

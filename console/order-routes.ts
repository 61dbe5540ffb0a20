import { Readable } from 'node:stream';
import { isGood } from '../core/catalogue/backups.ts';
import { RefusedError, UnknownNameError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import { type Done, withDone } from './done-message.ts';
import type { ConsoleApp, ConsoleContext } from './door.ts';
import { forgetDraft, type Kept } from './drafts.ts';
import { field } from './fields.ts';
import { idIn } from './page-routes.ts';
import { signedOutPage } from './pages/entrance.ts';
import { largePage } from './pages/large.ts';
import { isOwnPath } from './paths.ts';
import type { Requester } from './requester.ts';

export const languageCookie = 'sauvegarde-language';

/** Stored size, in bytes, from which a browser is not the way: an interrupted download would begin again. */
const largeDownload = 5e9;

/** Adds the orders: each is one form, carries out one order, and leads back to the page it came from. */
export function addOrderRoutes(app: ConsoleApp, requester: Requester): void {
  app.post('/backups', async (context) => {
    const { name, outcome } = await requester.home(context).startUnlessUnderWay((await field(context, 'database')) ?? '');
    return back(requester, context, outcome, name);
  });

  const order = (name: string, done: Done, carryOut: (home: Home, backup: string, context: ConsoleContext) => Promise<unknown>) =>
    app.post(`/backups/:id/${name}`, async (context) => {
      const id = idIn(context);
      await carryOut(requester.home(context), id, context);
      return back(requester, context, done, id);
    });
  order('hold', 'held', async (home, backup, context) =>
    home.carryOut({ action: 'hold', backup, reason: ((await field(context, 'reason')) ?? '').slice(0, 500) }),
  );
  order('release', 'released', (home, backup) => home.carryOut({ action: 'release', backup }));
  order('retire', 'retired', (home, backup) => home.carryOut({ action: 'retire', backup }));
  order('unretire', 'brought-back', (home, backup) => home.carryOut({ action: 'unretire', backup }));
  order('restore', 'restoring', async (home, backup, context) => {
    if (!home.restore) throw new RefusedError('this home restores into no target');
    const typed = async (name: Kept) => ((await field(context, name)) ?? '').trim();
    const checked = async (name: Kept) => (await typed(name)) === 'yes';
    const tables = (await typed('tables')).split(/\s*\n\s*/).filter((each) => each !== '');
    await home.restore({
      backup,
      to: await typed('to'),
      confirmed: await typed('confirmed'),
      force: await checked('force'),
      ...((await checked('roles')) && { withRoles: true }),
      ...((await checked('flawed')) && { withoutFlawed: true }),
      ...(tables.length > 0 && { tables }),
    });
  });
  order('verify', 'verifying', (home, backup) => home.verify(backup));

  app.post('/backups/:id/download', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const id = idIn(context);
    const { backup } = await home.carryOut({ action: 'run', run: id });
    if (!backup) throw new UnknownNameError(`there is no backup ${id}`);
    // what is retired or missing is refused, and noted, by the order itself
    if (backup.status === 'published' && !isGood(backup)) throw new RefusedError(`${id} is refuted; ${reader.words.cannotDownload}`);
    if (backup.size > largeDownload && (await field(context, 'anyway')) === undefined)
      return context.html(largePage(reader, backup, requester.options.commandOptions ?? ''));
    if (home.link) return context.redirect((await home.link(id)).url, 303);
    const { bytes, file, size } = await home.download(id);
    // as no document, whatever the name: a browser must neither guess nor show it
    return context.body(Readable.toWeb(Readable.from(bytes, { objectMode: false, highWaterMark: 1 })) as ReadableStream, 200, {
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'content-disposition': `attachment; filename="${file.replace(/[^\w.-]/g, '_')}"`,
      'content-encoding': 'identity',
    });
  });

  app.post('/sign-out', async (context) => {
    await requester.signOut(context);
    forgetDraft(requester, context);
    const { door } = requester.options;
    const elsewhere = await door.signedOut?.();
    const words = context.get('words');
    // no redirect: the security policy keeps forms from leading to other sites
    if (elsewhere !== undefined) context.header('refresh', `0; url=${elsewhere}`);
    return context.html(signedOutPage(words, door.explain(words), elsewhere));
  });
}

/** Leads back to the page that the form stood on. Its text has served. */
async function back(requester: Requester, context: ConsoleContext, done: Done, on: string): Promise<Response> {
  forgetDraft(requester, context);
  const to = (await field(context, 'back')) ?? '/';
  return context.redirect(withDone(isOwnPath(to) ? to : '/', done, on), 303);
}

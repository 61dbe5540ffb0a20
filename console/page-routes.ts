import { html } from 'hono/html';
import { UnknownNameError } from '../core/errors.ts';
import { partsOfRunId } from '../core/names.ts';
import { doneMessage } from './done-message.ts';
import type { ConsoleApp, ConsoleContext } from './door.ts';
import { watched, watchedRuns } from './live.ts';
import { auditPage } from './pages/audit.ts';
import { backupPage } from './pages/backup.ts';
import { backupsPage } from './pages/backups.ts';
import { healthPage } from './pages/health.ts';
import { overviewPage } from './pages/overview.ts';
import { runPage } from './pages/run.ts';
import { sentence } from './parts/labels.ts';
import { type Html, page, type Reader } from './parts/page.ts';
import type { Requester } from './requester.ts';
import { chosenEntriesIn, chosenIn, entriesFor, searchFor } from './selection.ts';

/** Number of backups, runs or entries on a page. */
const onAPage = 25;
/** Days that the overview looks back, and that the page of health looks ahead. */
const [daysBack, daysAhead] = [30, 7];
/** Number of incidents that are over. */
const endedIncidents = 10;
/** Seconds between two looks at a page, while something is under way and otherwise. */
const [soon, later] = [2, 30];

/** Adds the pages that answer questions; none changes anything. */
export function addPageRoutes(app: ConsoleApp, requester: Requester): void {
  const show = (context: ConsoleContext, reader: Reader, rest: Omit<Parameters<typeof page>[1], 'said'>): Response | Promise<Response> =>
    context.html(page(reader, { ...rest, ...(hasBegun(context) && { every: soon }), said: doneMessage(reader) }));

  app.get('/', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const overview = await home.carryOut({ action: 'overview', days: daysBack });
    const running = overview.databases.flatMap((database) => database.running);
    const live = await watchedRuns(home, running);
    const content = overviewPage(reader, overview, live);
    return show(context, reader, { title: reader.words.overview, current: 'overview', content, every: running.length > 0 ? soon : later });
  });

  app.get('/backups', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const chosen = chosenIn(context.req.query());
    const { database, after } = chosen;
    const [known, { items: runs }, list] = await Promise.all([
      home.carryOut({ action: 'names' }),
      home.carryOut({ action: 'runs', database, status: 'running', limit: 10 }),
      chosen.state === 'failed'
        ? home.carryOut({ action: 'runs', database, status: 'failed', after, limit: onAPage }).then((failed) => ({ failed }))
        : home.carryOut({ action: 'search', ...searchFor(chosen, home.timeZone), limit: onAPage }).then((backups) => ({ backups })),
    ]);
    const running = await watchedRuns(home, runs);
    const content = backupsPage(reader, { chosen, databases: known.all, configured: known.configured, running, list });
    return show(context, reader, { title: reader.words.backups, current: 'backups', content, every: runs.length > 0 ? soon : later });
  });

  app.get('/backups/:id', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const id = idIn(context);
    const [shown, { run }, changes] = await Promise.all([
      home.carryOut({ action: 'show', backup: id, optional: true }),
      home.carryOut({ action: 'run', run: id }),
      // what cannot be compared is not; `show` tells why
      home.carryOut({ action: 'changes', backup: id }).catch(() => undefined),
    ]);
    const working = home.live(shown.backup);
    const live = await watched(home, shown.backup.database, working?.order ? working : undefined); // the last step of its run is no news
    const targets = home.restore ? (await home.carryOut({ action: 'targets' })).filter(({ engine }) => engine === shown.backup.engine) : [];
    const place = home.locate(shown.backup.objects.dump);
    const content = backupPage(reader, {
      shown,
      run,
      changes,
      live,
      targets,
      restoresTables: home.restoresTables,
      place,
      options: requester.options.commandOptions ?? '',
    });
    return show(context, reader, { title: id, current: 'backups', content, every: live && !live.failed ? soon : later, isFilledIn: true });
  });

  app.get('/runs/:id', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const id = idIn(context);
    const { run, backup } = await home.carryOut({ action: 'run', run: id });
    if (!run && backup) return context.redirect(`/backups/${id}`, 303);
    if (!run && !hasBegun(context)) throw new UnknownNameError(`there is no run ${id}`);
    // an execution that has just begun has no run yet
    if (!run) return show(context, reader, { title: id, current: 'backups', content: await notYet(reader, id), every: soon });
    const live = await watched(home, run.database, run.status === 'running' ? home.live(run) : undefined);
    const mayRepeat = run.status === 'failed' && (await home.carryOut({ action: 'names' })).configured.includes(run.database);
    const content = runPage(reader, { run, ...(backup && { backup }), live, mayRepeat });
    return show(context, reader, { title: id, current: 'backups', content, every: run.status === 'running' ? soon : later });
  });

  app.get('/health', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const [incidents, plans] = await Promise.all([
      home.carryOut({ action: 'incidents', ended: endedIncidents }).catch((error: Error) => {
        requester.options.log.error(`console: the incidents cannot be read: ${error.message}`);
        return undefined;
      }),
      home.carryOut({ action: 'agenda', days: daysAhead }),
    ]);
    return show(context, reader, { title: reader.words.health, current: 'health', content: healthPage(reader, { incidents, plans }), every: later });
  });

  app.get('/audit', async (context) => {
    const [home, reader] = [requester.home(context), requester.reader(context)];
    const chosen = chosenEntriesIn(context.req.query());
    const [{ all: databases }, entries] = await Promise.all([
      home.carryOut({ action: 'names' }),
      home.carryOut({ action: 'audit', ...entriesFor(chosen, reader.words, home.timeZone), limit: 50 }),
    ]);
    const content = auditPage(reader, entries, { chosen, databases });
    return show(context, reader, { title: reader.words.audit, current: 'audit', content, every: later });
  });
}

/** Returns true for the page after an order whose work goes on; its run may not be recorded yet. */
function hasBegun(context: ConsoleContext): boolean {
  return ['started', 'exists', 'verifying', 'restoring'].includes(context.req.query('did') ?? '');
}

/** Returns the id in the path. Throws UnknownNameError for any other text: names of databases have no page. */
export function idIn(context: ConsoleContext): string {
  const id = context.req.param('id') ?? '';
  if (!partsOfRunId(id)) throw new UnknownNameError(`there is no backup ${JSON.stringify(id.slice(0, 100))}`);
  return id;
}

function notYet({ words }: Reader, id: string): Html {
  return html`<div id="run" data-live><div class="title"><div><h1><code>${id}</code></h1></div></div><p>${sentence(words, words.waiting)}</p></div>`;
}

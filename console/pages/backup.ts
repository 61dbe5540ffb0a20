import { html } from 'hono/html';
import { isGood } from '../../core/catalogue/backups.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import type { Scan } from '../../core/documents/scan.ts';
import { cardOf } from '../../core/engines/cards.ts';
import type { Changes } from '../../core/operations/orders/changes.ts';
import type { Shown } from '../../core/operations/orders/show.ts';
import type { Kept } from '../drafts.ts';
import { visible } from '../format.ts';
import type { Watched } from '../live.ts';
import { acceptButton } from '../parts/accept.ts';
import { attemptsSection } from '../parts/attempts.ts';
import { detailLabel, quotation } from '../parts/detail.ts';
import { button, select, typedBefore } from '../parts/form.ts';
import { askerOf, authorLabel, backupBadges, momentLabel, runBadge } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { progressBar } from '../parts/progress.ts';
import { tablesSection } from './tables.ts';

export interface BackupGiven {
  shown: Shown;
  run: Run | undefined;
  changes: Changes | undefined;
  live: Watched | undefined;
  /** Declared targets of the backup's engine. */
  targets: readonly { name: string }[];
  /** True if single tables can be restored into them. */
  restoresTables: boolean;
  /** Name of the dump's place, for people. */
  place: string;
  /** Options that the command line needs to reach this home. */
  options: string;
}

export function backupPage(reader: Reader, given: BackupGiven): Html {
  const { words } = reader;
  const { shown, run, live } = given;
  const { backup, files, unread } = shown;
  return html`<div id="backup" data-live>
<div class="title"><div><p class="crumb"><a href="/backups?database=${backup.database}">${backup.database}</a></p><h1>${momentLabel(reader, backup.slot)}</h1><p class="id"><code>${backup.id}</code> ${backupBadges(words, backup)}</p></div></div>
${unread ? html`<p class="notice warn" role="alert">${words.unread} ${quotation(unread.message)}</p>` : ''}
${files?.sealed ? html`<p class="notice">${words.sealed} <code class="long">sauvegarde show ${backup.id} --identity key.txt</code></p>` : ''}
${backup.status === 'retired' ? html`<p class="notice">${words.retiredAt(backup.retiredAt ? reader.format.moment(backup.retiredAt) : '?')}</p>` : ''}
${backup.status === 'missing' ? html`<p class="notice bad">${words.missingMeaning}</p>` : ''}
${backup.stranger === undefined ? '' : html`<p class="notice">${words.strangerMeaning(visible(backup.stranger))}</p>${backup.status === 'published' ? acceptButton(reader, backup.id) : ''}`}
${backup.hold ? html`<p class="notice">${words.heldBy(visible(backup.hold.by), reader.format.moment(backup.hold.since))}${backup.hold.reason ? html`${words.colon}<bdi>${visible(backup.hold.reason)}</bdi>` : ''}</p>` : ''}
${live?.failed ? html`<p class="notice bad" role="alert">${live.order === 'restore' ? words.restoreFailed : words.proofFailed}${words.colon}${quotation(live.failed.message)}</p>` : ''}
<div id="work" data-live>${live && !live.failed ? progressBar(reader, live.order === 'restore' ? words.restore : words.verify, live) : ''}</div>
${actions(reader, given)}
<div class="columns">${facts(reader, given)}${proof(reader, shown)}</div>
${files?.scan ? tablesSection(reader, files.scan, given.changes, `sauvegarde${given.options} show ${backup.id}`) : ''}
${files ? restoreSection(reader, given, files.manifest.restore) : ''}
${run?.dumps?.some(({ error }) => error) ? attemptsSection(reader, run) : ''}
${historySection(reader, shown)}
</div>`;
}

function actions(reader: Reader, { shown: { backup }, live }: BackupGiven): Html {
  const { words } = reader;
  const order = (name: string, label: string, more: Partial<Parameters<typeof button>[1]> = {}) =>
    button(reader, { action: `/backups/${backup.id}/${name}`, label, id: name, ...more });
  const isPublished = backup.status === 'published';
  const typed = typedBefore(reader, `/backups/${backup.id}/hold`, 'reason');
  const reason = html`<label class="hidden" for="reason">${words.reason}</label><input id="reason" name="reason" maxlength="500" placeholder="${words.reason}" value="${typed ?? ''}">`;
  return html`<div class="actions">
${isGood(backup) ? order('download', `${words.download} · ${reader.format.bytes(backup.size)}`, { look: 'main', live: false }) : ''}
${isPublished && (!live || live.failed) ? order('verify', words.verify) : ''}
${backup.status === 'retired' ? order('unretire', words.bringBack, { look: 'main' }) : ''}
${backup.hold ? order('release', words.release) : isPublished ? html`<details${typed === undefined ? '' : html` open`}><summary>${words.holdIt}</summary><p>${words.holdMeaning}</p>${order('hold', words.holdIt, { inputs: reason })}</details>` : ''}
${backup.status !== 'retired' && !backup.hold ? html`<details><summary>${words.retire}</summary><p>${isPublished ? words.retireMeaning : words.letGoMeaning}</p>${order('retire', words.retire, { look: 'danger' })}</details>` : ''}
</div>`;
}

function facts(reader: Reader, { shown: { backup, files }, run, place }: BackupGiven): Html {
  const { words, format } = reader;
  const { manifest, scan } = files ?? {};
  const card = scan && cardOf(scan.engine);
  const needs = scan && card && 'needs' in card ? card.needs(scan) : undefined;
  const globals = scan && globalsOf(scan);
  const asked = run?.requestedBy ?? manifest?.requestedBy;
  const rows: [string, Html | string][] = [
    [words.dataOf, words.read(format.exactly(backup.startedAt), format.seconds(backup.seconds))],
    [words.askedBy, authorLabel(words, asked === undefined ? askerOf(backup) : { by: asked, claimed: run?.claimed })],
    [words.size, words.stored(format.bytes(backup.size), format.bytes(backup.bytes))],
    [words.rows, `${format.number(backup.rows)} · ${words.tableCount(backup.tables)}`],
    ...(scan ? [[words.source, visible(`${scan.product.name} ${scan.product.version}`)] as [string, string]] : []),
    ...(needs ? [['', visible(needs)] as [string, string]] : []),
    ...(globals ? [['', visible(globals)] as [string, string]] : []),
    ...(manifest ? [[words.compression, manifest.compression] as [string, string]] : []),
    ...(manifest?.dump.encryption
      ? [[words.encryptedFor, html`${manifest.dump.encryption.recipients.map((each) => html`<code class="long">${visible(each)}</code> `)}`] as [string, Html]]
      : []),
    [words.file, html`<code class="long">${visible(place)}</code>`],
    ...(manifest
      ? [[words.checksums, html`<code class="long">SHA-256 ${manifest.dump.sha256}<br>CRC-32 ${manifest.dump.crc32}</code>`] as [string, Html]]
      : []),
    ...(run ? [[words.run, html`${runBadge(words, run)} <a href="/runs/${run.id}">${words.attemptCount(run.attempts)}</a>`] as [string, Html]] : []),
  ];
  return html`<section><h2>${words.facts}</h2><dl class="facts">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

/** Describes the roles that a backup holds. */
function globalsOf(scan: Scan): string | undefined {
  const card = cardOf(scan.engine);
  return 'globals' in card ? card.globals(scan) : undefined;
}

function proof(reader: Reader, { backup, files }: Shown): Html {
  const { words, format } = reader;
  const found = files?.proof;
  const basis = files && files.manifest.proof.at === backup.proof.at ? files.manifest.proof.basis : undefined;
  const flaws = found?.flaws ?? files?.scan?.flaws ?? [];
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? ''
      : html`<h3>${title}</h3><ul class="lines" lang="en">${lines.slice(0, 20).map((each) => html`<li>${visible(each)}</li>`)}${lines.length > 20 ? html`<li>… ${lines.length - 20}</li>` : ''}</ul>`;
  return html`<section><h2>${words.proof}</h2><p>${words.verdictMeanings[backup.proof.verdict]}${basis ? ` ${words.beforeEncryption}` : ''}</p>
${backup.proof.at ? html`<p class="faint">${momentLabel(reader, backup.proof.at)}. ${found ? words.restoreTook(format.seconds(found.seconds), format.seconds(found.restoreSeconds)) : ''}</p>` : ''}
${flaws.length === 0 ? '' : html`<h3>${words.flaws}</h3><ul class="lines" lang="en">${flaws.slice(0, 20).map(({ what, remedy }) => html`<li>${visible(what)}<br><span class="faint">${visible(remedy)}</span></li>`)}</ul>`}
${list(words.differences, found?.differences ?? [])}${list(words.unproven, found?.unproven ?? [])}${list(words.notes, found?.notes ?? [])}</section>`;
}

function restoreSection(reader: Reader, given: BackupGiven, byHand: readonly string[]): Html {
  const { words } = reader;
  const {
    shown: { backup },
    options,
  } = given;
  const fetch = options === '' ? '' : `sauvegarde${options} download ${backup.id}\n`;
  return html`<section><h2>${words.restore}</h2>${restoreForm(reader, given)}${options === '' ? html`<p>${words.restoreHere}</p><pre tabindex="0" data-copy="${words.copy}" data-copied="${words.copied}"><code>sauvegarde restore ${backup.id} --into TARGET</code></pre>` : ''}
<p>${words.restoreByHand}</p><pre tabindex="0" data-copy="${words.copy}" data-copied="${words.copied}"><code>${visible(fetch + byHand.join('\n'))}</code></pre></section>`;
}

/** A form that restores into a declared target, once the database's name was typed. */
function restoreForm(reader: Reader, { shown: { backup, files }, targets, restoresTables, live }: BackupGiven): Html | '' {
  const { words } = reader;
  if (targets.length === 0 || (live && !live.failed)) return '';
  const options = targets.map(({ name }) => [name, name] as const);
  const action = `/backups/${backup.id}/restore`;
  const flaws = files?.proof?.flaws ?? files?.scan?.flaws ?? [];
  const before = (name: Kept) => typedBefore(reader, action, name);
  const check = (name: Kept, label: string) =>
    html`<label class="check"><input type="checkbox" name="${name}" value="yes"${before(name) === 'yes' ? html` checked` : ''}> ${label}</label>`;
  const inputs = html`${select('to', words.target, options, before('to') ?? options[0]?.[0] ?? '')}
${restoresTables ? html`<label>${words.onlyTables}<textarea name="tables" rows="1" maxlength="700" autocomplete="off" autocapitalize="none" spellcheck="false">${before('tables') ?? ''}</textarea></label>` : ''}

${check('force', words.evenNotEmpty)}${files?.scan && globalsOf(files.scan) !== undefined ? check('roles', words.withRoles) : ''}${flaws.some(({ comesBack }) => !comesBack) ? check('flawed', words.withoutFlawed) : ''}
<label>${words.typeName(backup.database)}<input name="confirmed" value="${before('confirmed') ?? ''}" required pattern="${backup.database}" title="${words.typeName(backup.database)}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40"></label>`;
  return html`<p>${words.restoreMeaning}</p>${button(reader, { action, label: words.restoreInto, id: 'restore', look: 'danger', inputs })}`;
}

function historySection(reader: Reader, { history }: Shown): Html | '' {
  const { words } = reader;
  if (history.length === 0) return '';
  return html`<section><h2>${words.history}</h2><ol class="history">${history
    .slice(0, 50)
    .map(
      (entry) =>
        html`<li>${momentLabel(reader, entry.at)} <span>${authorLabel(words, entry)} ${words.actions[entry.action] ?? entry.action}${entry.detail ? html`${words.colon}${detailLabel(reader, entry)}` : ''}</span></li>`,
    )}</ol></section>`;
}

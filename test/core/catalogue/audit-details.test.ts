import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../../core/catalogue/audit.ts';
import { type Detail, detailIn, detailText } from '../../../core/catalogue/audit-details.ts';

/** Every detail of ours, with an action that has it. */
const details: [AuditRecord['action'], Detail][] = [
  ['backup-requested', { about: 'kind', kind: 'manual' }],
  ['backup-published', { about: 'backup', size: 837_494, rows: 46_205, verdict: 'proven' }],
  ['backup-published', { about: 'backup', size: 0, rows: 1, verdict: 'none' }],
  ['verified', { about: 'verdict', verdict: 'refuted' }],
  ['run-failed', { about: 'error', name: 'ToolFailedError', message: 'pg_dump: error: a\nb: c' }],
  ['refused', { about: 'refusal', order: 'unretire', message: 'x is not retired' }],
  ['retired', { about: 'beyond', newest: 30 }],
  ['retired', { about: 'superseded' }],
  ['retired', { about: 'by-order' }],
  ['downloaded', { about: 'link' }],
  ['sign-in-refused', { about: 'wrong-link' }],
  ['sign-in-refused', { about: 'outsider', group: 'staff: "backups"' }],
  ['swept', { about: 'clean-up', removed: 0, orphans: 1, recorded: 2, missing: 3 }],
  ['rebuilt', { about: 'clean-up', removed: 0, orphans: 0, recorded: 3, missing: 0 }],
  ['vault-taken-over', { about: 'owner', name: 'old, whose it was', since: '2026-11-22T05:00:00.000Z' }],
];

describe('a detail that the product writes', () => {
  it.each(details)('of %s is found again: %j', (action, detail) => {
    expect(detailIn({ action, detail: detailText(detail) })).toEqual(detail);
  });

  it('of a configuration is found again behind its digest', () => {
    const detail = { about: 'databases', names: 'main, shop' } as const;
    expect(detailIn({ action: 'configured', detail: `0123456789abcdef; ${detailText(detail)}` })).toEqual(detail);
  });
});

it.each<[AuditRecord['action'], string]>([
  ['held', 'older than the newest 30'],
  ['held', 'proven'],
  ['restored', 'a link'],
  ['run-failed', 'States.Timeout: too long'],
  ['run-failed', 'constructor: x'],
  ['verified', 'proven?'],
  ['backup-published', '1 bytes'],
  ['downloaded', ''],
])('of %s the text %j is nobody’s but its writer’s', (action, detail) => {
  expect(detailIn({ action, detail })).toBeUndefined();
});

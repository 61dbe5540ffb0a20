import type { Verdict } from '../documents/proof.ts';
import { type ErrorName, errorNames } from '../errors.ts';
import { counted } from '../figures.ts';
import type { Kind } from '../names.ts';
import type { AuditRecord } from './audit.ts';

/**
 * Details that the product itself writes into the audit log. The log has them as English text, so that it can be read
 * without the product; `detailIn` finds their parts again, for readers in another language. Other details are people's
 * own words, such as the reason of a hold.
 */
export type Detail =
  | { about: 'kind'; kind: Kind }
  | { about: 'backup'; size: number; rows: number; verdict: Verdict }
  | { about: 'verdict'; verdict: Verdict }
  | { about: 'error'; name: ErrorName; message: string }
  | { about: 'refusal'; order: RefusedOrder; message: string }
  | { about: 'beyond'; newest: number }
  | { about: Fixed }
  | { about: 'outsider'; group: string }
  | { about: 'clean-up'; removed: number; orphans: number; recorded: number; missing: number }
  | { about: 'databases'; names: string }
  | { about: 'owner'; name: string; since: string };

export type RefusedOrder = 'hold' | 'release' | 'retire' | 'unretire' | 'verify' | 'download' | 'restore' | 'open';

type Fixed = 'superseded' | 'by-order' | 'link' | 'wrong-link';

/** Makes the text of a detail. */
export function detailText(detail: Detail): string {
  switch (detail.about) {
    case 'kind':
      return detail.kind;
    case 'backup':
      return `${detail.size} bytes, ${counted(detail.rows, 'row')}, ${detail.verdict}`;
    case 'verdict':
      return detail.verdict;
    case 'error':
      return `${detail.name}: ${detail.message}`;
    case 'refusal':
      return `${detail.order}: ${detail.message}`;
    case 'beyond':
      return `older than the newest ${detail.newest}`;
    case 'superseded':
      return 'refuted, and a newer backup is good';
    case 'by-order':
      return 'by order';
    case 'link':
      return 'a link';
    case 'wrong-link':
      return 'a link that does not work';
    case 'outsider':
      return `not in the group ${detail.group}`;
    case 'clean-up':
      return `${detail.removed} removed, ${counted(detail.orphans, 'orphan')}, ${detail.recorded} recorded, ${detail.missing} missing`;
    case 'databases':
      return `databases: ${detail.names}`;
    case 'owner':
      return `from ${detail.name}, whose it was since ${detail.since}`;
  }
}

type Parts = Record<string, string>;
type Form = [pattern: RegExp, read: (parts: Parts) => Detail];

/** Reads a detail of ours back; undefined for any other text, which is shown as it is. */
export function detailIn({ action, detail }: Pick<AuditRecord, 'action' | 'detail'>): Detail | undefined {
  for (const [pattern, read] of forms[action] ?? []) {
    const found = pattern.exec(detail);
    if (found) return read(found.groups ?? {});
  }
  return undefined;
}

const verdict = '(?<verdict>none|proven|partial|flawed|refuted)';
const verdictIn = ({ verdict: text }: Parts) => text as Verdict;
const alone = (about: Fixed): Form => [new RegExp(`^${detailText({ about })}$`), () => ({ about })];

const cleanUp: Form = [
  /^(?<removed>\d+) removed, (?<orphans>\d+) orphans?, (?<recorded>\d+) recorded, (?<missing>\d+) missing$/,
  ({ removed, orphans, recorded, missing }) => ({
    about: 'clean-up',
    removed: Number(removed),
    orphans: Number(orphans),
    recorded: Number(recorded),
    missing: Number(missing),
  }),
];

const forms: Partial<Record<AuditRecord['action'], Form[]>> = {
  'backup-requested': [[/^(?<kind>scheduled|manual)$/, ({ kind }) => ({ about: 'kind', kind: kind as Kind })]],
  'backup-published': [
    [
      new RegExp(`^(?<size>\\d+) bytes, (?<rows>\\d+) rows?, ${verdict}$`),
      (parts) => ({ about: 'backup', size: Number(parts.size), rows: Number(parts.rows), verdict: verdictIn(parts) }),
    ],
  ],
  verified: [[new RegExp(`^${verdict}$`), (parts) => ({ about: 'verdict', verdict: verdictIn(parts) })]],
  'run-failed': [
    [new RegExp(`^(?<name>${errorNames.join('|')}): (?<message>.*)$`, 's'), ({ name, message = '' }) => ({ about: 'error', name: name as ErrorName, message })],
  ],
  refused: [
    [
      /^(?<order>hold|release|retire|unretire|verify|download|restore|open): (?<message>.*)$/s,
      ({ order, message = '' }) => ({ about: 'refusal', order: order as RefusedOrder, message }),
    ],
  ],
  retired: [[/^older than the newest (?<newest>\d+)$/, ({ newest }) => ({ about: 'beyond', newest: Number(newest) })], alone('superseded'), alone('by-order')],
  downloaded: [alone('link')],
  'sign-in-refused': [alone('wrong-link'), [/^not in the group (?<group>.+)$/s, ({ group = '' }) => ({ about: 'outsider', group })]],
  swept: [cleanUp],
  rebuilt: [cleanUp],
  configured: [[/^[0-9a-f]{16}; databases: (?<names>.*)$/s, ({ names = '' }) => ({ about: 'databases', names })]],
  'vault-taken-over': [[/^from (?<name>.+), whose it was since (?<since>\S+)$/s, ({ name = '', since = '' }) => ({ about: 'owner', name, since })]],
};

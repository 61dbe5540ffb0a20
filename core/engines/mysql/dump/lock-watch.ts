import { SourceLockedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';

/** A session with the same database. Without the right PROCESS a user sees his own alone. */
interface Neighbour {
  id: number;
  user: string;
  host: string;
  state: string;
  seconds: number;
  /** Of others the beginning; never to be quoted whole, for it may hold values. */
  statement: string;
}

/** Only of the tools' own queries the whole text is asked for: the name of the table comes after those of all columns. */
const neighbours = `SELECT JSON_OBJECT('id', ID, 'user', USER, 'host', HOST, 'state', COALESCE(STATE, ''), 'seconds', TIME,
  'statement', COALESCE(IF(INFO LIKE 'SELECT /*!40001%', INFO, LEFT(INFO, 200)), '')) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() ORDER BY ID`;
const byTool = /^(?:SELECT \/\*!40001 |SHOW )/i;
const waits = /^Waiting for .*(?:lock|flush)/i;
const tableName = /\b(?:FROM|TABLE|LIKE) (`(?:[^`]|``)+`|'[^']+')/i;
const mostNamed = 5;

/** Where a dump is taken. */
interface Place {
  family: Family;
  access: Access;
  work: Pick<Work, 'tools' | 'signal'>;
}

/**
 * Looks after a dump: the tools have no option for how long they wait for a lock, and the servers let them wait for a day or a year. Whenever nothing has `passed` for `patience` milliseconds the server is asked what it does. When
 * it waits for a lock, the `signal` fires with a SourceLockedError, one to two times the patience after the wait began.
 */
export class LockWatch implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #patience: number;
  readonly #place: Place;
  #isMoving = true;
  #looking: Promise<void> | undefined;

  constructor(place: Place, patience: number) {
    this.#place = place;
    this.#patience = patience;
    this.#timer = setInterval(() => this.#tick(), patience);
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Something of the dump has come. */
  passed(): void {
    this.#isMoving = true;
  }

  #tick(): void {
    const isMoving = this.#isMoving;
    this.#isMoving = false;
    if (isMoving || this.#looking) return;
    // a server that cannot be asked is the dump's own affair, and it will say so
    this.#looking = this.#look()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    const { family, access, work } = this.#place;
    const { user, database } = access.connection;
    await using session = await Session.open(family, access, work, database);
    const all = await session.rows<Neighbour>(neighbours);
    const waiting = all.find((each) => each.user === user && each.seconds * 1000 >= this.#patience && waits.test(each.state) && byTool.test(each.statement));
    if (waiting) this.#stopping.abort(new SourceLockedError(saidOf(waiting, database, all)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}

function saidOf({ id, state, seconds, statement }: Neighbour, database: string, all: Neighbour[]): string {
  const table = tableName.exec(statement)?.[1];
  const others = all.filter((each) => each.id !== id);
  const named = others.slice(0, mostNamed).map((each) => `${each.id} of ${each.user}@${each.host} (${doing(each)} for ${each.seconds} s)`);
  const more = others.length > mostNamed ? [`${others.length - mostNamed} more`] : [];
  const whose =
    others.length > 0
      ? `Other sessions with ${database}: ${[...named, ...more].join(', ')}`
      : 'Whose lock it is, the server shows to users with the right PROCESS';
  return `the dump has waited ${seconds} s for a lock${table === undefined ? '' : ` on ${table}`} that another session holds (${state}). ${whose}`;
}

/** What kind of statement, without what may be values in it. */
function doing({ statement }: Neighbour): string {
  return /^[A-Z]+(?: TABLES?\b)?/i.exec(statement)?.[0] ?? 'idle';
}

import { shortened } from '../../../documents/shortened.ts';
import { SourceLockedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';

/** A session with the same database. Without the right PROCESS, a user sees only his own. */
interface Neighbour {
  id: number;
  user: string;
  host: string;
  state: string;
  seconds: number;
  /**
   * Beginning of the statement, or the whole of a tool's own query. Never to be quoted whole, because it may hold
   * values.
   */
  statement: string;
}

/**
 * Asks for the whole text of the tools' own queries only: there the name of the table comes after those of all columns.
 */
const neighbours = `SELECT JSON_OBJECT('id', ID, 'user', USER, 'host', HOST, 'state', COALESCE(STATE, ''), 'seconds', TIME,
  'statement', COALESCE(IF(INFO LIKE 'SELECT /*!40001%', INFO, LEFT(INFO, 200)), '')) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() ORDER BY ID`;
const byTool = /^(?:SELECT \/\*!40001 |SHOW )/i;
const waits = /^Waiting for .*(?:lock|flush)/i;
const tableName = /\b(?:FROM|TABLE|LIKE) (`(?:[^`]|``)+`|'[^']+')/i;
/** Server that a dump is taken from. */
interface Place {
  family: Family;
  access: Access;
  work: Pick<Work, 'tools' | 'signal'>;
}

/**
 * Watches a dump for locks: the tools have no option for the longest wait, and servers let them wait for a day or a
 * year. Whenever nothing has `passed` for `patience` milliseconds, it asks the server what the dump is doing. If it
 * waits for a lock, `signal` fires with a SourceLockedError, one to two times the patience after the wait began.
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

  /** Notes that a part of the dump has come. */
  passed(): void {
    this.#isMoving = true;
  }

  #tick(): void {
    const isMoving = this.#isMoving;
    this.#isMoving = false;
    if (isMoving || this.#looking) return;
    // if the server cannot be asked, the dump itself will fail and say so
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
  const named = others.map((each) => `${each.id} of ${each.user}@${each.host} (${doing(each)} for ${each.seconds} s)`);
  const whose =
    others.length > 0
      ? `Other sessions with ${database}: ${shortened(named).join(', ')}`
      : 'Whose lock it is, the server shows to users with the right PROCESS';
  return `the dump has waited ${seconds} s for a lock${table === undefined ? '' : ` on ${table}`} that another session holds (${state}). ${whose}`;
}

/** Names the kind of a statement, without values that may be in it. */
function doing({ statement }: Neighbour): string {
  return /^[A-Z]+(?: TABLES?\b)?/i.exec(statement)?.[0] ?? 'idle';
}

import type { Author } from '../core/catalogue/audit.ts';
import type { Language } from '../core/mail/messages/messages.ts';
import type { Home } from '../core/operations/orders/home.ts';
import type { Log } from '../core/platform.ts';
import type { Clock } from '../core/time/clock.ts';
import type { Door } from './door.ts';
import type { SecurityOptions } from './security.ts';

export interface ConsoleOptions extends SecurityOptions {
  /** Home that carries out the orders of this author. */
  homeFor(author: Author): Home;
  door: Door;
  /** Key that seals sessions; at least 32 random bytes. */
  key: Uint8Array;
  /** Name of the session's cookie. With the prefix `__Host-` browsers accept it only over HTTPS. */
  cookie: string;
  /** Time that somebody stays signed in, in seconds. */
  sessionSeconds: number;
  /** True if the home knows its people; false if it has only the console's word. */
  knowsPeople: boolean;
  /** Options that the command line needs to reach the same home: ` --stack sauvegarde`. */
  commandOptions?: string;
  /** Language for browsers that ask for none that is known. */
  language: Language;
  clock: Clock;
  log: Log;
}

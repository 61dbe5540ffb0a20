import { ConfigurationError, InterruptedError, reasonOf } from '../core/errors.ts';
import { messagesIn } from '../core/mail/messages/languages.ts';
import { talk } from './context.ts';
import { exitStatusOf } from './exit.ts';
import { running } from './running.ts';

/** Reports why a command, or its part for one database, failed, and what to try. Returns the matching exit status. */
export function tellFailure(error: unknown, database?: string): number {
  const { name, message } = reasonOf(error);
  talk.error(database === undefined ? message : `${database}: ${message}`);
  // the person who stopped a command knows; the advice is for runs that were interrupted
  if (!(error instanceof ConfigurationError || error instanceof InterruptedError)) running().stderr.write(`${messagesIn('en').advice[name]}\n`);
  if (name === 'UnexpectedError' && process.env.SAUVEGARDE_DEBUG) console.error(error);
  return exitStatusOf(name);
}

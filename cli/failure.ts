import { ConfigurationError, InterruptedError, reasonOf } from '../core/errors.ts';
import { messagesIn } from '../core/mail/messages/languages.ts';
import { talk } from './context.ts';
import { exitStatusOf } from './exit.ts';
import { printJson } from './output.ts';
import { running } from './running.ts';

/**
 * Reports why a command, or its part for one database, failed, and what to try: as JSON if it was asked for JSON and
 * has printed none. Returns the matching exit status.
 */
export function tellFailure(error: unknown, database?: string): number {
  const { name, message } = reasonOf(error);
  const command = running();
  if (command.isJson && !command.hasAnswered) {
    printJson({ error: { name, message, advice: messagesIn('en').advice[name] } });
    return exitStatusOf(name);
  }
  talk.error(database === undefined ? message : `${database}: ${message}`);
  // the person who stopped a command knows; the advice is for runs that were interrupted
  if (!(error instanceof ConfigurationError || error instanceof InterruptedError)) talk.advise(messagesIn('en').advice[name]);
  if (name === 'UnexpectedError' && process.env.SAUVEGARDE_DEBUG) console.error(error);
  return exitStatusOf(name);
}

import { TlsRefusedError, ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Family } from '../family.ts';
import type { Access } from './access.ts';
import { greetingOf } from './greeting.ts';
import { Session } from './session.ts';

/** A comment that only MariaDB executes, whatever version it claims to have; MySQL answers 1. */
const question = 'SELECT 1 /*M! + 1 */';

/**
 * Opens a session with the server by its own family's client. Guesses the family from the greeting, then asks the
 * server's own parser.
 */
export async function openSession(
  access: Access,
  work: Pick<Work, 'tools' | 'signal'>,
  { patience, database = access.connection.database }: { patience?: number | undefined; database?: string } = {},
): Promise<{ family: Family; session: Session }> {
  const { tls } = access.connection;
  const greeting = await greetingOf(access.connection, work.signal);
  // MariaDB's client would go on without TLS when it verifies nobody, even with --ssl
  if (greeting?.speaksTls === false && tls !== 'DISABLED' && tls !== 'PREFERRED')
    throw new TlsRefusedError(`the server does not speak TLS, and ssl-mode=${tls} requires it`);
  let family = greeting?.family ?? 'mysql';
  for (let attempt = 1; attempt <= 2; attempt++) {
    const session = await Session.open(family, access, work, database, patience);
    const answer = await familyOf(session);
    if (answer === family) return { family, session };
    await session[Symbol.asyncDispose]();
    family = answer;
  }
  throw new ToolFailedError('the server answers sometimes as MySQL and sometimes as MariaDB: name one server, not a group');
}

async function familyOf(session: Session): Promise<Family> {
  try {
    return (await session.ask(question)).join('') === '2' ? 'mariadb' : 'mysql';
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

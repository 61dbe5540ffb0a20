import { expect, it } from 'vitest';
import { whateverTheNames } from '../../../../core/engines/postgres/connect/session.ts';
import { isAtItsLimit, isOvertaken, postgresError, stoppedBy } from '../../../../core/engines/postgres/failures.ts';

/** Words of PostgreSQL 15 with `lc_messages = fr_FR.utf8`, as its clients passed them on. */
const before = 'psql: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  ';

it.each([
  ['psql', `${before}authentification par mot de passe échouée pour l'utilisateur  « app »`, 'AccessDeniedError'],
  ['psql', `${before}authentification par mot de passe ?chou?e pour l'utilisateur  ? app ?`, 'AccessDeniedError'],
  ['psql', `${before}la base de données « nowhere » n'existe pas`, 'SourceMissingError'],
  ['psql', `${before}trop de connexions pour le r?le ? app ?`, 'SourceUnreachableError'],
  ['psql', `${before}désolé, trop de clients sont déjà connectés`, 'SourceUnreachableError'],
  ['pg_dump', 'pg_dump: error: query failed: ERREUR:  droit refusé pour la table t', 'AccessDeniedError'],
  [
    'pg_dump',
    "pg_dump: error: query failed: ERREUR:  annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction\npg_dump: detail: Query was: LOCK TABLE public.t IN ACCESS SHARE MODE",
    'SourceLockedError',
  ],
  ['pg_dump', 'pg_dump: error: query failed: FATAL:  arrêt des connexions suite à la demande de l’administrateur', 'SourceUnreachableError'],
])('%s: %s', (program, complaint, name) => {
  expect(postgresError(program, 1, complaint)).toMatchObject({ name });
});

it('a server whose language is French is told from one that is lost, full or damaged', () => {
  expect(isAtItsLimit(postgresError('psql', 2, `${before}trop de connexions pour le rôle « app »`))).toBe(true);
  expect(isOvertaken(postgresError('pg_dump', 1, "pg_dump: error: query failed: ERREUR:  la relation « public.t » n'existe pas"))).toBe(true);
  const said = (reason: string) =>
    stoppedBy(`pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.
pg_dump: detail: Error message from server: ERREUR:  ${reason}
pg_dump: detail: Command was: COPY public.t (a) TO stdout;`);
  expect(said('page invalide dans le bloc 3 de la relation base/5/16384')).toEqual({
    table: 'public.t',
    reason: 'page invalide dans le bloc 3 de la relation base/5/16384',
  });
  expect([said("annulation de la requête à la demande de l'utilisateur"), said('mémoire épuisée')]).toEqual([undefined, undefined]);
});

it.each([
  ['le caractère dont la séquence d’octets est 0x81 dans l’encodage « WIN1252 » n’a pas d’équivalent dans l’encodage « UTF8 »', true],
  ['符号化方式"WIN1252"においてバイト列0x81である文字は符号化方式"UTF8"で等価なものを持ちません', true],
  ['invalid byte sequence for encoding "UTF8": 0x81', false],
  ['la colonne « nope » n’existe pas', false],
])('%s', async (message, isBegunAnew) => {
  const encodings: (string | undefined)[] = [];
  const work = whateverTheNames({}, async ({ PGCLIENTENCODING }) => {
    encodings.push(PGCLIENTENCODING);
    throw new Error(message);
  });
  await expect(work).rejects.toThrow(message);
  expect(encodings).toEqual(isBegunAnew ? [undefined, 'SQL_ASCII'] : [undefined]);
});

/**
 * Messages of a server in French, and the English that they stand for; from PostgreSQL's catalogue
 * `src/backend/po/fr.po`. A server answers in the language of its machine. Only a superuser may choose another, and
 * nobody before he is let in; then letters beyond ASCII come as question marks.
 */
const french: readonly [RegExp, string][] = [
  [/droit refus. /, 'permission denied'],
  [/doit .tre le propri.taire/, 'must be owner'],
  [/doit .tre super-?utilisateur/, 'must be superuser'],
  [/politique de s.curit. au niveau\s+ligne/, 'row-level security'],
  [/authentification par mot de passe .chou.e/, 'password authentication failed'],
  [/aucune entr.e dans pg_hba\.conf/, 'no pg_hba.conf entry'],
  [/pg_hba\.conf rejette/, 'pg_hba.conf rejects'],
  [/n'existe pas/, 'does not exist'],
  [/le r.le .* n'existe pas/, 'role "" does not exist'],
  [/(?:la relation|le sch.ma|le type|la fonction) .* n'existe pas/, 'relation "" does not exist'],
  [/existe d.j./, 'already exists'],
  [/la base de donn.es .* n'existe pas/, 'database "" does not exist'],
  [/trop de (?:connexions|clients)/, 'too many connections'],
  [/emplacements de connexions? restants/, 'remaining connection slots'],
  [/arr.t (?:des connexions|de la connexion)/, 'terminating connection'],
  [/annulation de la requ.te/, 'canceling statement'],
  [/conflit avec la restauration/, 'due to conflict with recovery'],
  [/m.moire (?:partag.e )?.puis.e/, 'out of memory'],
  [/fichier temporaire/, 'temporary file'],
  [/d.lai .coul. pour l'ex.cution de\s+l'instruction/, 'canceling statement due to statement timeout'],
  [/d.lai .coul. pour l'obtention des verrous/, 'canceling statement due to lock timeout'],
  [/n'a pas pu obtenir un verrou/, 'could not obtain lock'],
];

/** Returns a complaint with the English words for what is French in it, each on a line before. */
export function inEnglishToo(complaint: string): string {
  const words = french.filter(([pattern]) => pattern.test(complaint)).map(([, english]) => `${english}\n`);
  return `${words.join('')}${complaint}`;
}

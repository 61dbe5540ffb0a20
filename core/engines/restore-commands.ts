import type { Database } from '../config/config.ts';

/**
 * Plain commands that restore a decompressed dump of this name without Sauvegarde. They are not part of the engines,
 * because the steps that write a manifest can reach no database.
 */
export const restoreCommandsOf: Record<Database['engine'], (plain: string) => string[]> = {
  sqlite: (plain) => [`sqlite3 ${plain} 'PRAGMA integrity_check'`],
  // MariaDB's clients are called mariadb; at this point it is not known which of the two it was
  mysql: (plain) => ["mysql -e 'CREATE DATABASE restored' # or mariadb, for both", `mysql --binary-mode --max-allowed-packet=1G restored < ${plain}`],
  postgres: (plain) => ['createdb restored', `psql -X -v ON_ERROR_STOP=1 -d restored -f ${plain}`],
};

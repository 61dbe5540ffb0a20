import type { Database } from '../config/config.ts';

/** Plain commands that restore a decompressed dump of this name without Sauvegarde. A manifest is written by steps that can reach no database, so these are no engine's. */
export const restoreCommandsOf: Record<Database['engine'], (plain: string) => string[]> = {
  sqlite: (plain) => [`sqlite3 ${plain} 'PRAGMA integrity_check'`],
  // the clients of MariaDB are called mariadb, and nobody knows here which of the two it was
  mysql: (plain) => ["mysql -e 'CREATE DATABASE restored' # or mariadb, for both", `mysql --binary-mode --max-allowed-packet=1G restored < ${plain}`],
  postgres: (plain) => ['createdb restored', `psql -X -v ON_ERROR_STOP=1 -d restored -f ${plain}`],
};

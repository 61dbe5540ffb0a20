import * as z from 'zod';
import type { Card } from '../card.ts';

const fileMistake = 'write the path of a file or folder';

export const sqliteCard = {
  name: 'sqlite',
  products: [{ family: 'sqlite', name: 'SQLite', prover: 'prove' }],
  extension: 'sqlite3',
  begins: /^SQLite format 3\0/,
  partsBeside: ['-wal', '-journal'],
  reach: { by: 'file', endings: /\.(sqlite3?|db3?)$/i, schemes: ['sqlite:', 'sqlite3:'], example: 'sqlite:////srv/app/app.sqlite3' },
  program: 'tool.ts',
  database: z.strictObject({
    engine: z.literal('sqlite', "write engine: 'sqlite'").describe('Kind of database.'),
    file: z
      .string(fileMistake)
      .min(1, fileMistake)
      .describe(
        'Database file; a relative path starts at the folder of the configuration file. On AWS: its path below the root of the access point of its `place`.',
      ),
  }),
  scan: {},
  undoes: true,
  restoreCommands: (plain) => [`sqlite3 ${plain} 'PRAGMA integrity_check'`],
  howToRestore: {
    en: `SQLite:            \`apt install sqlite3\`; stop the application; move the old database away together with its \`-wal\`, \`-shm\` and \`-journal\` files;
                      put the decompressed file in its place; \`sqlite3 FILE 'PRAGMA integrity_check'\` must print \`ok\`; start the application.`,
    fr: `SQLite : \`apt install sqlite3\` ; arrêtez l'application ; écartez l'ancienne base avec ses fichiers \`-wal\`, \`-shm\` et \`-journal\` ;
   mettez le fichier décompressé à sa place ; \`sqlite3 FICHIER 'PRAGMA integrity_check'\` doit afficher \`ok\` ; redémarrez l'application.`,
  },
  salvage: (file) => `sqlite3 ${file} .recover`,
} as const satisfies Card;

/** The text of HOW-TO-RESTORE.md in every vault. It must stay true for every backup format ever written. */
export const howToRestore = `# How to restore a backup without Sauvegarde

Each backup is a few files whose names begin alike. The time in the name is that of the schedule, in UTC; \`startedAt\` in the
manifest says when the data were read, which is later when a backup was made up for.

    main/2026/11/backup_20261122_050000Z.sqlite3.zst      the dump
    main/2026/11/backup_20261122_050000Z.manifest.json    what it is; a dump without this file is not a backup
    main/2026/11/backup_20261122_050000Z.scan.json        tables, rows and digests
    main/2026/11/backup_20261122_050000Z.proof.json       result of restoring it

1. Open the manifest. \`restore\` lists the plain commands for this backup; \`dump.sha256\` is the SHA-256 of the dump file.
2. Check the bytes:   \`sha256sum backup_….sqlite3.zst\` must print that value.
3. Decompress:        \`zstd -d backup_….sqlite3.zst\` (or \`gunzip\` for .gz).
4. SQLite:            stop the application; move the old database away together with its \`-wal\`, \`-shm\` and \`-journal\` files;
                      put the decompressed file in its place; \`sqlite3 FILE 'PRAGMA integrity_check'\` must print \`ok\`; start the application.
5. PostgreSQL (.sql): make the roles that the dump names (\`CREATE ROLE …\`) and an empty database: \`createdb restored\`;
                      in it, when single tables were chosen, the schemas of \`source.schemas\` in the scan (\`CREATE SCHEMA …\`);
                      \`psql -X -v ON_ERROR_STOP=1 -d restored -f FILE.sql\` must end without an error. A server older than 17 does not
                      know \`SET transaction_timeout\`, an older psql not \`\\restrict\` and \`\\unrestrict\`: remove those lines.
6. MySQL, MariaDB (.sql): \`product\` in the scan says which of the two; the clients of the one do not restore the other. Make an empty database of the same
                      name where you can (views and routines may say it): \`CREATE DATABASE …\` with the character set and collation of \`mysql\` in the scan;
                      make the accounts of \`mysql.definers\` if they are missing (\`CREATE USER … ACCOUNT LOCK\`);
                      \`mysql --binary-mode --max-allowed-packet=1G DATABASE < FILE.sql\` (\`mariadb\` for MariaDB) must end without an error.

# Restaurer une sauvegarde sans Sauvegarde

Chaque sauvegarde tient en quelques fichiers dont les noms commencent de la même façon. L'heure du nom est celle prévue, en UTC ;
\`startedAt\` dans le manifeste dit quand les données ont été lues, plus tard si la sauvegarde a été rattrapée.

1. Ouvrez le fichier .manifest.json : \`restore\` donne les commandes, \`dump.sha256\` l'empreinte SHA-256 du fichier.
2. Vérifiez les octets : \`sha256sum backup_….sqlite3.zst\` doit afficher cette valeur.
3. Décompressez : \`zstd -d backup_….sqlite3.zst\` (ou \`gunzip\` pour .gz).
4. SQLite : arrêtez l'application ; écartez l'ancienne base avec ses fichiers \`-wal\`, \`-shm\` et \`-journal\` ;
   mettez le fichier décompressé à sa place ; \`sqlite3 FICHIER 'PRAGMA integrity_check'\` doit afficher \`ok\` ; redémarrez l'application.
5. PostgreSQL (.sql) : créez les rôles que la sauvegarde nomme (\`CREATE ROLE …\`) et une base vide : \`createdb restored\` ;
   dans celle-ci, si des tables ont été choisies une à une, les schémas de \`source.schemas\` du fichier .scan.json (\`CREATE SCHEMA …\`) ;
   \`psql -X -v ON_ERROR_STOP=1 -d restored -f FICHIER.sql\` doit se terminer sans erreur. Un serveur antérieur à la version 17 ne connaît
   pas \`SET transaction_timeout\`, un psql ancien ni \`\\restrict\` ni \`\\unrestrict\` : retirez ces lignes.
6. MySQL, MariaDB (.sql) : \`product\` dans le fichier .scan.json dit lequel des deux ; les clients de l'un ne restaurent pas l'autre. Créez une base vide, du même nom si
   possible (vues et routines peuvent le citer) : \`CREATE DATABASE …\` avec le jeu de caractères et la collation de \`mysql\` dans le fichier .scan.json ;
   créez les comptes de \`mysql.definers\` qui manquent (\`CREATE USER … ACCOUNT LOCK\`) ;
   \`mysql --binary-mode --max-allowed-packet=1G BASE < FICHIER.sql\` (\`mariadb\` pour MariaDB) doit se terminer sans erreur.
`;

import { cards } from '../engines/cards.ts';

const [{ extension }] = cards;

/** Writes the steps after the bytes were checked and decompressed, one for each engine. */
function sections(language: 'en' | 'fr'): string {
  return cards.map(({ howToRestore }, place) => `${place + 4}. ${howToRestore[language]}`).join('\n');
}

/** The text of HOW-TO-RESTORE.md in every vault. It must stay true for every backup format ever written. */
export const howToRestore = `# How to restore a backup without Sauvegarde

Each backup is a few files whose names begin alike. The time in the name is that of the schedule, in UTC; \`startedAt\` in the
manifest says when the data were read, which is later when a backup was made up for.

    main/2026/11/backup_20261122_050000Z.${extension}.zst      the dump
    main/2026/11/backup_20261122_050000Z.manifest.json    what it is; a dump without this file is not a backup
    main/2026/11/backup_20261122_050000Z.scan.json        tables, rows and digests
    main/2026/11/backup_20261122_050000Z.proof.json       result of restoring it

Programs, on Debian: \`apt install zstd jq age\`, and those that the step of the database names.

1. Open the manifest. \`restore\` lists the plain commands for this backup; \`dump.sha256\` is the SHA-256 of the dump file.
2. Check the bytes:   \`sha256sum backup_….${extension}.zst\` must print that value.
   If its name ends with .age, it is encrypted for the recipients in the manifest. With the secret key of one of them in the
   file key.txt, https://age-encryption.org decrypts it, also from within a pipe:
                      \`age -d -i key.txt -o backup_….${extension}.zst backup_….${extension}.zst.age\`
   So are the scan and the proof, inside of their JSON; the steps below read the opened one:
                      \`jq -r .sealed backup_….scan.json | age -d -i key.txt > open.scan.json\`
3. Decompress:        \`zstd -d backup_….${extension}.zst\` (or \`gunzip\` for .gz).
${sections('en')}

# Restaurer une sauvegarde sans Sauvegarde

Chaque sauvegarde tient en quelques fichiers dont les noms commencent de la même façon. L'heure du nom est celle prévue, en UTC ;
\`startedAt\` dans le manifeste dit quand les données ont été lues, plus tard si la sauvegarde a été rattrapée.

Programmes, sous Debian : \`apt install zstd jq age\`, et ceux que nomme l'étape de la base.

1. Ouvrez le fichier .manifest.json : \`restore\` donne les commandes, \`dump.sha256\` l'empreinte SHA-256 du fichier.
2. Vérifiez les octets : \`sha256sum backup_….${extension}.zst\` doit afficher cette valeur.
   Si son nom se termine par .age, il est chiffré pour les destinataires que nomme le manifeste. Avec la clé secrète de l'un
   d'eux dans le fichier key.txt, https://age-encryption.org le déchiffre :
   \`age -d -i key.txt -o backup_….${extension}.zst backup_….${extension}.zst.age\`
   L'analyse et la preuve le sont aussi, dans leur JSON ; les étapes ci-dessous lisent l'analyse ouverte :
   \`jq -r .sealed backup_….scan.json | age -d -i key.txt > open.scan.json\`
3. Décompressez : \`zstd -d backup_….${extension}.zst\` (ou \`gunzip\` pour .gz).
${sections('fr')}
`;

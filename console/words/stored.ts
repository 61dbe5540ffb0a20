/* Words about the files of a backup. */

export const storedEnglish = {
  file: 'File',
  stored: (stored: string, plain: string) => `${stored}, ${plain} before compression`,
  checksums: 'Checksums',
  source: 'Source',
  encryptedFor: 'Encrypted for',
  sealed: 'This backup is encrypted, and no key is known here: its tables and the details of its proof are not shown. With the key of a recipient:',
  beforeEncryption: 'It was restored from the bytes before their encryption; the stored file has the checksum of what was encrypted.',
  compression: 'Compression',
};

export const storedFrench: typeof storedEnglish = {
  file: 'Fichier',
  stored: (stored, plain) => `${stored}, ${plain} avant compression`,
  checksums: 'Empreintes',
  source: 'Source',
  encryptedFor: 'Chiffrée pour',
  sealed:
    "Cette sauvegarde est chiffrée, et aucune clé n'est connue ici\u00a0: ses tables et le détail de son essai ne sont pas affichés. Avec la clé d'un destinataire\u00a0:",
  beforeEncryption: "L'essai a restauré les octets d'avant leur chiffrement\u00a0; le fichier stocké a l'empreinte de ce qui a été chiffré.",
  compression: 'Compression',
};

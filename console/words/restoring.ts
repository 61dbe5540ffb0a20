/** Words about restores and proofs on demand. */
export const restoringEn = {
  restoreMeaning: 'Into a database that the configuration declares. It is checked first, and its rows are compared at the end.',
  target: 'Target',
  typeName: (database: string) => `Type “${database}” to confirm`,
  evenNotEmpty: 'Even if it is not empty: a database on a server keeps what it has, a file is set aside',
  withRoles: 'With the roles and users that it holds: those that the target lacks are made first, without passwords',
  withoutFlawed: 'Without the statements that do not run',
  onlyTables: 'Only these tables, one per line (empty: all)',
  restoreInto: 'Restore into the target',
  restoreFailed: 'The backup could not be restored',
  restoreHere: 'With Sauvegarde, into a file or a database that does not exist yet or is empty:',
  restoreByHand: 'By hand, beside the file:',
  proofFailed: 'The backup could not be proven again',
};

export const restoringFr: typeof restoringEn = {
  restoreMeaning: 'Dans une base que la configuration déclare. Elle est vérifiée avant, et ses lignes sont comparées à la fin.',
  target: 'Cible',
  typeName: (database: string) => `Saisissez «\u00a0${database}\u00a0» pour confirmer`,
  evenNotEmpty: "Même si elle n'est pas vide\u00a0: une base sur un serveur garde son contenu, un fichier est mis de côté",
  withRoles: "Avec les rôles et les utilisateurs qu'elle contient\u00a0: ceux qui manquent à la cible sont créés avant, sans mot de passe",
  withoutFlawed: "Sans les instructions qui ne s'exécutent pas",
  onlyTables: 'Tables, une par ligne (vide\u00a0: toutes)',
  restoreInto: 'Restaurer dans la cible',
  restoreFailed: "La sauvegarde n'a pas pu être restaurée",
  restoreHere: "Avec Sauvegarde, dans un fichier ou une base qui n'existe pas encore ou qui est vide\u00a0:",
  restoreByHand: 'À la main, à côté du fichier\u00a0:',
  proofFailed: "La sauvegarde n'a pas pu être éprouvée de nouveau",
};

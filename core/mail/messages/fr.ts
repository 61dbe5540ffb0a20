import type { Backup } from '../../catalogue/backups.ts';
import type { Incident, IncidentKind } from '../../catalogue/incidents.ts';
import type { Messages } from './messages.ts';
import { bytesIn, errorNameOf, instantIn, spanIn } from './wording.ts';

const locale = 'fr-FR';

const titles: Record<IncidentKind, string> = {
  'backup-failed': 'la sauvegarde a échoué',
  'rotation-failed': "d'anciennes sauvegardes n'ont pas pu être retirées",
  'backup-refuted': 'une sauvegarde ne se restaure pas',
  'backup-missing': 'une sauvegarde a disparu du coffre',
  'sweep-failed': 'le nettoyage a échoué',
};

export const french: Messages = {
  alert: (incident, lastGood, now, timeZone) => ({
    subject: `[Sauvegarde] ${incident.database ?? 'coffre'} : ${titles[incident.kind]}`,
    text: [
      `${concerned(incident)} : ${titles[incident.kind]}.`,
      '',
      `Ce qui s'est passé :        ${french.meaning[errorNameOf(incident)]}`,
      `                            ${incident.last.error.message}`,
      `                            (${incident.last.error.name}, ${incident.last.subject.split(' ')[0]}, ${instantIn(locale, incident.last.at, timeZone)})`,
      `Depuis :                    ${instantIn(locale, incident.since, timeZone)}${incident.count > 1 ? `, ${incident.count} fois jusqu'ici` : ''}`,
      ...(incident.database === undefined ? [] : [lastGoodOne(lastGood, now)]),
      '',
      `Que faire :                 ${french.advice[errorNameOf(incident)]}`,
      '',
      "Ce message est envoyé une fois par jour au plus tant que cela dure ; un autre annoncera la fin de l'incident.",
      '',
    ].join('\n'),
  }),
  over: (incident, timeZone) => ({
    subject: `[Sauvegarde] ${incident.database ?? 'coffre'} : terminé : ${titles[incident.kind]}`,
    text: [
      `${concerned(incident)} : tout fonctionne de nouveau.`,
      '',
      `Ce qui n'allait pas : ${titles[incident.kind]} (${incident.last.error.message})`,
      `Du :                  ${instantIn(locale, incident.since, timeZone)}`,
      `Au :                  ${instantIn(locale, incident.endedAt ?? incident.last.at, timeZone)}`,
      '',
    ].join('\n'),
  }),
  meaning: {
    ConfigurationError: 'la configuration ne peut pas fonctionner',
    SourceMissingError: "la base n'est pas là où la configuration le dit",
    SourceUnreadableError: 'la base ne peut pas être lue',
    SourceLockedError: 'un autre programme a gardé la base verrouillée',
    SourceCorruptError: 'la base est endommagée',
    SourceUnreachableError: 'le serveur de base de données ne répond pas, ou la connexion a été perdue',
    AccessDeniedError: "le serveur refuse l'utilisateur de la sauvegarde",
    TlsRefusedError: "la connexion au serveur n'est pas sûre comme demandé",
    DumpIncompleteError: 'il manque à la sauvegarde quelque chose que la base contient',
    DumpMalformedError: "la sauvegarde n'est pas entière, ou pas telle que l'outil de la base l'écrit",
    ToolMissingError: 'un programme nécessaire est absent',
    ToolTooOldError: "le serveur est plus récent que l'outil de sauvegarde",
    ToolFailedError: 'un programme qui fait une partie du travail a échoué',
    StorageFullError: 'un disque est plein',
    StorageRefusedError: "l'écriture dans le coffre ou un dossier a été refusée",
    ObjectMissingError: 'des fichiers manquent dans le coffre',
    ObjectExistsError: 'autre chose a écrit dans le coffre',
    ChecksumError: 'des octets stockés ont changé',
    DocumentInvalidError: 'un fichier du coffre est illisible',
    BackupRefutedError: "la restauration d'essai a montré que ce n'est pas une sauvegarde",
    CatalogueUnavailableError: 'le catalogue ne répond pas',
    SecretUnavailableError: 'le magasin de secrets ne répond pas',
    DatabaseBusyError: 'une autre exécution a gardé la base occupée',
    InterruptedError: "l'exécution a été interrompue",
    OutOfTimeError: 'le temps accordé à cette étape a été épuisé avant la fin du travail',
    UnknownNameError: 'un nom est inconnu',
    RefusedError: "un ordre n'a pas pu être exécuté",
    RestoreFailedError: "une restauration n'a pas abouti",
    MailRefusedError: 'le serveur de courrier a refusé',
    UnexpectedError: "quelque chose d'imprévu",
  },
  advice: {
    ConfigurationError: 'Corriger sauvegarde.config.ts ; « sauvegarde doctor » le vérifie sans rien sauvegarder.',
    SourceMissingError: 'Vérifier le chemin de la base dans sauvegarde.config.ts, et que son disque est monté.',
    SourceUnreadableError:
      "Vérifier que le chemin désigne bien la base et que l'utilisateur de Sauvegarde peut lire le fichier et, en mode WAL, écrire dans son dossier. Sur un serveur : changer ce que nomme le message, que son outil ne sait pas écrire.",
    SourceLockedError: "Trouver le programme qui garde une longue transaction d'écriture ouverte sur la base, ou choisir une heure plus calme.",
    SourceCorruptError:
      "La base elle-même est endommagée. Arrêter l'application, garder une copie du fichier, puis restaurer la dernière bonne sauvegarde ou essayer « sqlite3 FICHIER .recover ».",
    SourceUnreachableError: "Vérifier que le serveur tourne, que l'hôte et le port sont justes, et que cette machine peut le joindre.",
    AccessDeniedError: "Vérifier le mot de passe, et donner à l'utilisateur le droit indiqué (le rôle pg_read_all_data les a tous).",
    TlsRefusedError:
      "Vérifier le nom d'hôte de l'adresse, sslmode (un serveur qui n'accepte que TLS veut require ou mieux) et sslrootcert, et que le certificat n'a pas expiré.",
    DumpIncompleteError: "Quelque chose a été créé ou supprimé pendant la sauvegarde, ou l'utilisateur ne le voit pas. Lui donner le droit manquant.",
    DumpMalformedError:
      'Pendant une sauvegarde : voir quel outil « sauvegarde doctor » trouve, et si le message nomme quelque chose de la base que cet outil écrit de façon inhabituelle. Pendant une restauration : contrôler la sauvegarde (« sauvegarde verify ») et en restaurer une autre.',
    ToolMissingError: 'Lancer « sauvegarde doctor », puis « npm run layers », ou installer le client de la version indiquée.',
    ToolTooOldError: 'Installer un client plus récent, ou retirer celui du PATH pour que Sauvegarde utilise le sien ; « npm run layers » le construit.',
    ToolFailedError: "Lancer « sauvegarde doctor ». Si un programme a été tué, vérifier que la machine n'a pas manqué de mémoire.",
    StorageFullError: "Libérer de l'espace sur le disque du coffre et du dossier d'état (les copies temporaires s'y trouvent), ou augmenter le quota.",
    StorageRefusedError: "Vérifier que le dossier du coffre est sur un disque monté et sain, et que l'utilisateur de Sauvegarde peut y écrire.",
    ObjectMissingError: 'Des fichiers ont été supprimés du coffre. Trouver par quoi, et si d’autres sauvegardes sont touchées : « sauvegarde verify ».',
    ObjectExistsError: 'Autre chose que cette exécution a écrit dans le coffre. Vérifier que deux installations ne partagent pas le même coffre.',
    ChecksumError: 'Les octets stockés ont changé. Vérifier le disque du coffre, puis les autres sauvegardes : « sauvegarde verify ».',
    DocumentInvalidError: 'Un fichier du coffre a été altéré, ou écrit par une version plus récente. Mettre Sauvegarde à jour, ou vérifier le disque.',
    BackupRefutedError:
      'Cette sauvegarde ne se restaure pas. Elle reste une semaine pour examen. Vérifier les disques et la mémoire de la machine, et la base elle-même.',
    CatalogueUnavailableError:
      'Voir si DynamoDB limite les requêtes ou est en panne, si les deux tables existent, et si le rôle de la fonction peut les utiliser.',
    SecretUnavailableError: "Voir si Secrets Manager est en panne, et si le réseau de la base y mène : un point d'accès dans le VPC, ou une passerelle NAT.",
    DatabaseBusyError: "Une autre exécution n'est pas terminée pour cette base. Voir « sauvegarde list » ; si elle est bloquée, l'arrêter.",
    InterruptedError: 'Rien à faire si la machine ou le service a été redémarré volontairement : la sauvegarde manquée est refaite au prochain démarrage.',
    OutOfTimeError:
      "La base demande plus de temps qu'AWS n'en laisse : 15 minutes pour une restauration d'essai, près de huit heures pour une sauvegarde. Chercher dans le journal ce qui a été lent : un verrou, un réseau, une table qui a grossi. Exclure les lignes à ne pas sauvegarder, ou écrire proof: 'off'.",
    UnknownNameError: 'Voir « sauvegarde list » pour les noms existants.',
    RefusedError: "Lire ce qui s'y oppose, puis répéter l'ordre une fois l'obstacle levé.",
    RestoreFailedError: "Lire ce qui l'a arrêtée ; restaurer dans une base neuve et vide, avec un rôle qui peut créer ce que contient la sauvegarde.",
    MailRefusedError:
      "Vérifier local.mail.smtp et son mot de passe ; « sauvegarde doctor » interroge le serveur de courrier. Sur AWS, vérifier dans SES que l'expéditeur est validé et que l'envoi n'est pas suspendu.",
    UnexpectedError: 'Lancer « sauvegarde doctor » et lire le journal de cette exécution.',
  },
};

function concerned({ database }: Incident): string {
  return database === undefined ? 'Coffre' : `Base ${database}`;
}

function lastGoodOne(backup: Backup | undefined, now: Date): string {
  if (!backup) return "Dernière bonne sauvegarde : aucune. Cette base n'a aucune sauvegarde restaurable.";
  return `Dernière bonne sauvegarde : ${backup.id}, âgée de ${spanIn(locale, now.getTime() - Date.parse(backup.startedAt))}, ${bytesIn(locale, backup.size)}`;
}

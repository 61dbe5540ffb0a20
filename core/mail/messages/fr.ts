import type { Backup } from '../../catalogue/backups.ts';
import type { Incident, IncidentKind, WatchedKind } from '../../catalogue/incidents.ts';
import { letterOf } from './letter.ts';
import type { Messages } from './messages.ts';
import { watchedFrench } from './watched-fr.ts';
import { bytesIn, errorNameOf, instantIn, isWatched, salvage, spanIn } from './wording.ts';

const locale = 'fr-FR';

const titles: Record<Exclude<IncidentKind, WatchedKind>, string> = {
  'backup-failed': 'la sauvegarde a échoué',
  'source-changed': 'ce nom désigne une autre base',
  'proof-failed': "la sauvegarde n'a pas pu être éprouvée",
  'rotation-failed': "d'anciennes sauvegardes n'ont pas pu être retirées",
  'backup-flawed': 'la sauvegarde est gardée, mais une partie manque ou ne fonctionne pas',
  'backup-refuted': 'une sauvegarde ne peut pas être restaurée',
  'backup-missing': 'une sauvegarde a disparu du coffre',
  'copy-behind': "une copie des sauvegardes n'est pas à jour",
  'restore-test-failed': "un test de restauration d'AWS Backup a échoué",
  'sweep-failed': 'le nettoyage a échoué',
};

const resolved: Record<Exclude<IncidentKind, WatchedKind>, string> = {
  'backup-failed': 'la sauvegarde fonctionne de nouveau',
  'source-changed': 'ce nom désigne de nouveau une base acceptée',
  'proof-failed': 'les sauvegardes sont de nouveau éprouvées',
  'rotation-failed': 'les anciennes sauvegardes peuvent de nouveau être retirées',
  'backup-flawed': 'la sauvegarde peut de nouveau être restaurée en entier',
  'backup-refuted': "plus aucune sauvegarde n'échoue à l'essai de restauration",
  'backup-missing': 'plus aucune sauvegarde ne manque dans le coffre',
  'copy-behind': 'toutes les copies des sauvegardes sont de nouveau à jour',
  'restore-test-failed': "les tests de restauration d'AWS Backup réussissent de nouveau",
  'sweep-failed': 'le nettoyage fonctionne de nouveau',
};

export const french: Messages = {
  alert: (incident, lastGood, now, timeZone) => {
    const { count, database, kind, last, since } = incident;
    const watched = isWatched(kind) ? french.watched[kind] : undefined;
    const name = errorNameOf(incident);
    return letterOf({
      language: 'fr',
      tone: 'alarm',
      subject: `[Sauvegarde] ${database ?? 'coffre'} : ${titleOf(kind)}`,
      title: `${concerned(incident)} : ${titleOf(kind)}.`,
      facts: [
        {
          label: "Ce qui s'est passé",
          paragraphs: watched
            ? [last.details ? watched.message(last.details, timeZone) : capitalised(quoted(last.error.message))]
            : [
                `${french.meaning[name]}.`,
                capitalised(quoted(last.error.message)),
                `${last.error.name}, ${last.subject.split(' ')[0]}, ${instantIn(locale, last.at, timeZone)}`,
              ],
        },
        { label: 'Depuis', paragraphs: [`${instantIn(locale, since, timeZone)}${count > 1 && !watched ? `, ${count} fois jusqu'ici` : ''}`] },
        ...(database === undefined ? [] : [{ label: 'Dernière bonne sauvegarde', paragraphs: [lastGoodOne(lastGood, now)] }]),
        { label: 'Que faire', paragraphs: [watched ? watched.remedy : french.advice[name]] },
      ],
      closing: "Vous recevrez ce message une fois par jour au plus tant que l'incident dure, et un autre quand il sera clos.",
    });
  },
  over: (incident, timeZone) => {
    const { database, endedAt, kind, last, since } = incident;
    const said = isWatched(kind) && last.details ? french.watched[kind].message(last.details, timeZone) : quoted(last.error.message);
    return letterOf({
      language: 'fr',
      tone: 'well',
      subject: `[Sauvegarde] ${database ?? 'coffre'} : incident clos : ${resolvedOf(kind)}`,
      title: `${concerned(incident)} : ${resolvedOf(kind)}.`,
      facts: [
        { label: "Ce qui n'allait pas", paragraphs: [`${titleOf(kind)} (${said})`] },
        { label: 'Du', paragraphs: [instantIn(locale, since, timeZone)] },
        { label: 'Au', paragraphs: [instantIn(locale, endedAt ?? last.at, timeZone)] },
      ],
    });
  },
  test: (now, timeZone) =>
    letterOf({
      language: 'fr',
      tone: 'well',
      subject: '[Sauvegarde] essai : les alertes vous parviennent',
      title: 'Ceci est un essai : les alertes vous parviennent.',
      facts: [
        { label: 'Envoyé', paragraphs: [instantIn(locale, now.toISOString(), timeZone)] },
        { label: 'Que faire', paragraphs: ["Rien. Quelqu'un a lancé « sauvegarde alert --test »."] },
      ],
    }),
  title: titleOf,
  watched: watchedFrench,
  meaning: {
    ConfigurationError: 'la configuration contient une erreur',
    SourceMissingError: "la base n'est pas à l'endroit indiqué dans la configuration",
    SourceUnreadableError: 'la base ne peut pas être lue',
    SourceLockedError: 'un autre programme a gardé la base verrouillée',
    SourceCorruptError: 'la base est endommagée',
    SourceUnreachableError: 'le serveur de base de données ne répond pas, ou la connexion a été perdue',
    AccessDeniedError: "le serveur refuse l'utilisateur de la sauvegarde",
    TlsRefusedError: "la connexion au serveur n'offre pas la sécurité demandée",
    DumpIncompleteError: 'il manque à la sauvegarde quelque chose que la base contient',
    DumpMalformedError: "la sauvegarde n'est pas entière, ou pas telle que l'outil de la base l'écrit",
    ToolMissingError: 'un programme nécessaire est absent',
    ToolTooOldError: "le serveur est plus récent que l'outil de sauvegarde",
    ToolFailedError: 'un programme utilisé par la sauvegarde a échoué',
    StorageFullError: 'un disque est plein',
    StorageRefusedError: "l'écriture dans le coffre ou un dossier a été refusée",
    ObjectMissingError: 'des fichiers manquent dans le coffre',
    ObjectExistsError: 'un autre programme a écrit dans le coffre',
    VaultOwnedError: 'le coffre appartient à une autre machine',
    SourceChangedError: "la sauvegarde est faite, mais d'une autre base que les précédentes : elle est comptée à part et n'en remplace aucune",
    RestoreTestFailedError: 'AWS Backup a restauré moins que ce que contiennent les sauvegardes de Sauvegarde ; celles-ci ne sont pas concernées',
    CopyBehindError: 'il manque des sauvegardes à une copie ; le coffre lui-même les contient',
    ChecksumError: 'des octets stockés ont changé',
    KeyMissingError: "un fichier est chiffré, et la clé qui l'ouvre n'a pas été donnée",
    DocumentInvalidError: 'un fichier du coffre est illisible',
    BackupFlawedError:
      'tout ce qui a pu être lu est dans la sauvegarde, mais un élément de la base ne peut pas être lu, ne fonctionne pas, ou enfreint ses propres règles',
    BackupRefutedError: "l'essai de restauration a échoué",
    CatalogueUnavailableError: 'le catalogue ne répond pas',
    SecretUnavailableError: 'le service des secrets ne répond pas',
    DatabaseBusyError: 'une autre sauvegarde de cette base est encore en cours',
    InterruptedError: 'la sauvegarde a été interrompue',
    OutOfTimeError: 'le temps accordé à cette étape a été épuisé avant la fin du travail',
    UnknownNameError: "ce nom n'existe pas",
    RefusedError: "la demande n'a pas pu être exécutée",
    RestoreFailedError: "une restauration n'a pas abouti",
    MailRefusedError: 'le serveur de messagerie a refusé un message',
    WebhookRefusedError: 'un webhook a refusé un message',
    UnexpectedError: 'une erreur imprévue',
  },
  advice: {
    ConfigurationError: 'Corrigez sauvegarde.config.ts ; « sauvegarde doctor » le vérifie sans rien sauvegarder.',
    SourceMissingError: 'Vérifiez le chemin de la base dans sauvegarde.config.ts, et que son disque est monté.',
    SourceUnreadableError:
      "Vérifiez que le chemin désigne bien la base et que l'utilisateur de Sauvegarde peut lire le fichier et, en mode WAL, écrire dans son dossier. Sur un serveur : modifiez l'élément ou le réglage cité.",
    SourceLockedError: "Trouvez le programme qui garde une longue transaction d'écriture ouverte sur la base, ou choisissez une heure plus calme.",
    SourceCorruptError: `La base elle-même est endommagée. Arrêtez l'application, gardez-en une copie, puis faites ce que dit le message. Pour un fichier : restaurez la dernière bonne sauvegarde ou essayez « ${salvage('FICHIER')} ».`,
    SourceUnreachableError: "Vérifiez que le serveur fonctionne, que l'hôte et le port sont justes, et que cette machine peut le joindre.",
    AccessDeniedError: "Vérifiez le mot de passe, et donnez à l'utilisateur le droit indiqué.",
    TlsRefusedError:
      "Vérifiez le nom d'hôte de l'adresse, sslmode (un serveur qui n'accepte que TLS demande require ou plus strict) et sslrootcert, et que le certificat n'a pas expiré.",
    DumpIncompleteError:
      "Un élément a été créé ou supprimé pendant la sauvegarde, ou l'utilisateur n'a pas le droit de le voir. Donnez-lui le droit manquant ; n'excluez pas de tables dont vous avez besoin.",
    DumpMalformedError:
      'Pendant une sauvegarde : vérifiez quel outil « sauvegarde doctor » trouve, et si le message nomme un élément de la base que cet outil écrit de façon inhabituelle. Pendant une restauration : vérifiez la sauvegarde (« sauvegarde verify ») et restaurez-en une autre.',
    ToolMissingError: 'Lancez « sauvegarde doctor », puis « npm run layers », ou installez le client de la version indiquée.',
    ToolTooOldError: "Installez un client plus récent, ou retirez l'ancien du PATH : Sauvegarde utilisera le sien, que « npm run layers » construit.",
    ToolFailedError: "Lancez « sauvegarde doctor ». Si un programme a été tué, vérifiez que la machine n'a pas manqué de mémoire.",
    StorageFullError: "Libérez de l'espace sur le disque du coffre et du dossier d'état (les copies temporaires s'y trouvent), ou augmentez le quota.",
    StorageRefusedError: "Vérifiez que le dossier du coffre est sur un disque monté et sain, et que l'utilisateur de Sauvegarde peut y écrire.",
    ObjectMissingError:
      'Des fichiers ont été supprimés du coffre. Trouvez par qui ou par quel programme, et vérifiez les autres sauvegardes : « sauvegarde verify ». Une sauvegarde perdue pour de bon est abandonnée par « sauvegarde retire ».',
    ObjectExistsError: 'Un autre programme a écrit dans le coffre. Vérifiez que deux installations ne partagent pas le même coffre.',
    VaultOwnedError:
      "Donnez à cette machine un coffre à elle (local.vault). Si elle remplace l'autre machine, qui ne fonctionne plus : « sauvegarde rebuild --take-over ».",
    SourceChangedError:
      "Si c'est voulu (restauration sur un nouveau serveur, mise à niveau, déménagement), lancez « sauvegarde accept » suivi du nom de la base. Sinon, corrigez sa connexion : elle mène à une copie ou à un autre serveur.",
    RestoreTestFailedError:
      "Les sauvegardes de Sauvegarde ne sont pas concernées. Cherchez pourquoi il manque au point de récupération d'AWS Backup ce que nomme le message, et ne comptez pas sur lui avant que le prochain test de restauration ait réussi.",
    CopyBehindError:
      "Les sauvegardes elles-mêmes sont dans le coffre. Lisez pourquoi la copie n'a pas pu être écrite, corrigez-en la cause, puis lancez « sauvegarde copy » ; un nouvel essai a lieu toutes les heures.",
    ChecksumError: 'Les octets stockés ont changé. Vérifiez le disque du coffre, puis les autres sauvegardes : « sauvegarde verify ».',
    KeyMissingError:
      "Donnez l'identité (la clé secrète) de l'un des destinataires que nomme le message : --identity FICHIER, ou encryption.identity dans la configuration ; « sauvegarde key check » l'essaie. Si toutes sont perdues, personne ne peut ouvrir ce fichier : vérifiez les sauvegardes plus récentes, et celles d'avant le chiffrement.",
    DocumentInvalidError:
      'Un fichier du coffre a été altéré, ou écrit par une version plus récente de Sauvegarde. Mettez Sauvegarde à jour, ou vérifiez le disque.',
    BackupFlawedError:
      "La sauvegarde est conservée, avec toutes les lignes qui ont pu être lues. Corrigez la base comme l'indique le message ; « sauvegarde show » donne la liste complète. La prochaine sauvegarde éprouvée clôt cet incident.",
    BackupRefutedError:
      'Cette sauvegarde ne peut pas être restaurée. Le fichier est conservé une semaine pour analyse. Vérifiez les disques et la mémoire de la machine, et la base elle-même.',
    CatalogueUnavailableError:
      'Vérifiez si DynamoDB limite les requêtes ou est en panne, si les deux tables existent, et si le rôle de la fonction peut les utiliser.',
    SecretUnavailableError:
      "Vérifiez si Secrets Manager est en panne, et s'il est joignable depuis le réseau de la base : par un point d'accès dans le VPC, ou par une passerelle NAT.",
    DatabaseBusyError: "Une autre sauvegarde de cette base n'est pas terminée : « sauvegarde list --runs » l'affiche. Si elle est bloquée, arrêtez-la.",
    InterruptedError:
      "Vous n'avez rien à faire si la machine ou le service a été redémarré volontairement : la sauvegarde manquée est faite au prochain démarrage.",
    OutOfTimeError:
      "La base demande plus de temps qu'AWS n'en laisse : près de huit heures pour une sauvegarde ou un essai de restauration. Cherchez dans le journal ce qui a été lent : un verrou, un réseau, une table qui a grossi. Excluez les lignes à ne pas sauvegarder, ou écrivez proof: 'off'.",
    UnknownNameError: '« sauvegarde list » affiche les noms existants.',
    RefusedError: "Levez l'obstacle que cite le message, puis relancez la commande.",
    RestoreFailedError:
      "Le message dit ce qui l'a arrêtée. Restaurez dans une base neuve et vide, avec un rôle qui a le droit de créer tout ce que contient la sauvegarde.",
    MailRefusedError:
      "Vérifiez local.mail.smtp et son mot de passe ; « sauvegarde doctor » teste le serveur de messagerie. Sur AWS, vérifiez dans SES que l'expéditeur est validé et que l'envoi n'est pas suspendu.",
    WebhookRefusedError:
      "Vérifiez l'adresse dans la variable ou le secret que nomme `notify` ou `heartbeat` ; « sauvegarde alert --test » essaie chaque moyen.",
    UnexpectedError: 'Lancez « sauvegarde doctor » et lisez le journal de cette exécution.',
  },
};

function titleOf(kind: IncidentKind): string {
  return isWatched(kind) ? watchedFrench[kind].title : titles[kind];
}

function resolvedOf(kind: IncidentKind): string {
  return isWatched(kind) ? watchedFrench[kind].resolved : resolved[kind];
}

/** Quotes words that a program or a tool has written in English. */
function quoted(message: string): string {
  return `message d'origine : « ${message} »`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function concerned({ database }: Incident): string {
  return database === undefined ? 'Coffre' : `Base ${database}`;
}

function lastGoodOne(backup: Backup | undefined, now: Date): string {
  if (!backup) return "aucune. Cette base n'a aucune sauvegarde restaurable.";
  return `${backup.id}, âgée de ${spanIn(locale, now.getTime() - Date.parse(backup.startedAt))}, ${bytesIn(locale, backup.size)}`;
}

import type { WatchedKind } from '../../catalogue/incidents.ts';
import type { WatchedTexts } from './messages.ts';
import { bytesIn, instantIn, spanIn } from './wording.ts';

const locale = 'fr-FR';
const bytes = (value: string | number | undefined) => bytesIn(locale, Number(value));
const stands = (text: string | number | undefined) => (text === '' ? 'manque' : `vaut « ${text} »`);
/** Sources that say what a record should be. */
const truthIn = { audit: "le journal d'audit", manifest: 'son manifeste dans le coffre', order: 'le dernier ordre, à côté de son manifeste dans le coffre' };
const span = (seconds: string | number | undefined) => spanIn(locale, Number(seconds) * 1000);

/** Texts about the findings of watch, by kind. */
export const watchedFrench: Record<WatchedKind, WatchedTexts> = {
  'slot-missed': {
    title: "une sauvegarde n'a pas démarré à l'heure",
    resolved: "les sauvegardes démarrent de nouveau à l'heure",
    message: ({ slot }, zone) => `rien n'a démarré à l'heure la sauvegarde du ${instantIn(locale, String(slot), zone)}`,
    remedy:
      "Sauvegarde l'a démarrée d'elle-même. Cherchez pourquoi sa planification ne l'a pas fait : sur une machine, « sauvegarde local » était-il en marche ? Sur AWS, regardez EventBridge Scheduler et la fonction « start ».",
  },
  'backup-failing': {
    title: "la sauvegarde échoue depuis plus d'un jour",
    resolved: 'la sauvegarde fonctionne de nouveau',
    message: ({ since, count, reason }, zone) =>
      `les ${count} sauvegardes depuis le ${instantIn(locale, String(since), zone)} ont échoué ; dernier message d'origine : « ${reason} »`,
    remedy:
      'Rien de plus récent que la dernière bonne sauvegarde ne peut être restauré. Le message sur la sauvegarde échouée dit que faire ; lancez ensuite « sauvegarde backup ».',
  },
  'dump-unusual': {
    title: 'la sauvegarde a une taille inhabituelle',
    resolved: 'la taille des sauvegardes est de nouveau stable',
    message: ({ backup, because, bound, bytes: size }) =>
      because === 'empty'
        ? `${backup} ne contient aucune ligne`
        : because === 'minimum'
          ? `${backup} contient ${bytes(size)} avant compression, moins que ${bytes(bound)}`
          : `${backup} contient ${bytes(size)} avant compression ; les sauvegardes précédentes en contiennent ${bytes(bound)} (médiane)`,
    remedy:
      "Vérifiez que l'adresse mène à la bonne base et que personne n'a supprimé de données. Si des données manquent, protégez une sauvegarde d'avant : « sauvegarde hold ». Si la taille est juste, vous n'avez rien à faire : la prochaine sauvegarde de cette taille sera considérée comme normale (sauf sous `minimumSize`, si vous l'avez fixé).",
  },
  'rows-lost': {
    title: 'des tables ou la plupart de leurs lignes ont disparu',
    resolved: "plus aucune table n'a perdu de lignes depuis",
    message: ({ tables, more }) =>
      `par rapport à la sauvegarde précédente : ${tables}${Number(more) > 0 ? ` et ${more} ${Number(more) === 1 ? 'autre' : 'autres'}` : ''}`,
    remedy:
      "Demandez si quelqu'un les a supprimées volontairement. Sinon, protégez la sauvegarde précédente (« sauvegarde hold ») et restaurez à partir d'elle. Si oui, vous n'avez rien à faire : la prochaine sauvegarde sera considérée comme normale.",
  },
  'proof-overdue': {
    title: 'les sauvegardes ne sont plus vérifiées par un essai de restauration',
    resolved: 'les sauvegardes sont de nouveau vérifiées',
    message: ({ backup, since }, zone) =>
      `aucune sauvegarde depuis le ${instantIn(locale, String(since), zone)} n'a été vérifiée par un essai de restauration ; la plus récente est ${backup}`,
    remedy:
      'Lancez « sauvegarde verify » sur la sauvegarde la plus récente : la commande dit pourquoi elle ne peut pas être vérifiée. Sur AWS, lisez le journal de la fonction « prove ».',
  },
  'proof-partial': {
    title: "l'essai de restauration n'est plus complet",
    resolved: 'le dernier essai de restauration est complet, ou comme le précédent',
    message: ({ backup, before }) => `${backup} n'a pu être restaurée ou comparée qu'en partie ; ${before} l'avait été en entier`,
    remedy: "« sauvegarde show » sur la sauvegarde la plus récente indique ce qui n'a pas pu être vérifié, et pourquoi.",
  },
  'tools-outdated': {
    title: 'le serveur est plus récent que les programmes de sauvegarde',
    resolved: 'les programmes conviennent de nouveau au serveur',
    message: ({ name, programs, version }) => `le serveur est ${name} ${version} ; les programmes sont prévus pour ${programs}`,
    remedy:
      "Mettez Sauvegarde à jour, puis lancez « npm run layers » (sur AWS « npm run deploy »). D'ici là, des sauvegardes peuvent être refusées et des essais de restauration rester incomplets.",
  },
  'limit-near': {
    title: 'la base sera bientôt trop grande',
    resolved: 'la base est de nouveau loin des limites',
    message: ({ what, is, most }) =>
      what === 'disk'
        ? `elle contient ${bytes(is)} ; le disque des copies et des essais de restauration a de la place pour ${bytes(most)}`
        : `${what === 'dump' ? 'sa sauvegarde' : 'son essai de restauration'} dure ${span(is)} ; ${span(most)} est le maximum`,
    remedy:
      "Anticipez : excluez les lignes à ne pas sauvegarder, libérez ou ajoutez de l'espace disque ; sur AWS, écrivez proof: 'weekly' ou 'off' si c'est l'essai de restauration qui dure trop, et lancez « sauvegarde verify » sur une machine à vous.",
  },
  'record-altered': {
    title: 'le catalogue contredit le coffre',
    resolved: 'le catalogue concorde de nouveau avec le coffre',
    message: ({ backup, field, record, truth, source, more }) =>
      `${backup} : dans le catalogue, « ${field} » ${stands(record)} ; selon ${truthIn[source as keyof typeof truthIn]}, ce champ ${stands(truth)}${Number(more) > 0 ? ` ; ${more} ${Number(more) === 1 ? 'autre champ diffère' : 'autres champs diffèrent'}` : ''}`,
    remedy:
      "La sauvegarde elle-même est intacte, et c'est le coffre qui a raison. Cherchez qui ou quel programme a écrit dans le catalogue. « sauvegarde rebuild » récrit cette fiche d'après le coffre ; sur AWS, c'est le nettoyage qui le fait : « sauvegarde sweep --stack NOM », ou de lui-même le dimanche.",
  },
  'backups-retired': {
    title: "beaucoup de sauvegardes ont été retirées d'un coup",
    resolved: "aucune autre sauvegarde n'a été retirée",
    message: ({ count, at }, zone) => `${count} sauvegardes ont été retirées en une heure, la dernière le ${instantIn(locale, String(at), zone)}`,
    remedy:
      "Si personne n'a changé « keep » volontairement : corrigez-le, et faites revenir les sauvegardes avec « sauvegarde unretire » avant la fin du délai de grâce. « sauvegarde list --all » les affiche.",
  },
  'budget-exceeded': {
    title: 'les sauvegardes prennent plus de place que prévu',
    resolved: 'les sauvegardes tiennent de nouveau dans leur budget',
    message: ({ stored, budget }) => `les sauvegardes prennent en tout ${bytes(stored)} ; storageBudget est de ${bytes(budget)}`,
    remedy:
      "Gardez moins de sauvegardes (« keep »), excluez les lignes à ne pas sauvegarder, ou augmentez `storageBudget`. Les sauvegardes retirées comptent jusqu'à la fin du délai de grâce.",
  },
  'disk-low': {
    title: 'le disque des sauvegardes est presque plein',
    resolved: 'le disque des sauvegardes a de nouveau de la place',
    message: ({ free, night }) => `il reste ${bytes(free)} ; une sauvegarde de chaque base prend ${bytes(night)}`,
    remedy: "Libérez de l'espace sur le disque du coffre, déplacez le coffre sur un disque plus grand, ou gardez moins de sauvegardes (« keep »).",
  },
  'alert-undelivered': {
    title: "des alertes n'ont pas pu être envoyées",
    resolved: 'les alertes sont de nouveau envoyées',
    message: ({ count, since }, zone) =>
      `${count} ${count === 1 ? 'alerte attend' : 'alertes attendent'}, la plus ancienne depuis le ${instantIn(locale, String(since), zone)}`,
    remedy:
      'Lancez « sauvegarde alert --test » : la commande dit quels moyens de vous prévenir fonctionnent, et lesquels non. « sauvegarde status » affiche les incidents ouverts.',
  },
  'expiry-near': {
    title: 'un certificat ou un mot de passe expire bientôt',
    resolved: "aucun certificat ni mot de passe n'expire bientôt",
    message: ({ name, at, password, server }, zone) =>
      `${password ? `le mot de passe qui sert à sauvegarder ${name}` : server ? `le certificat du serveur de ${name}` : name} expire le ${instantIn(locale, String(at), zone)}`,
    remedy: 'Remplacez-le avant cette date : ensuite, aucune sauvegarde ne pourra être faite.',
  },
  'channel-unconfirmed': {
    title: 'une adresse attend sa confirmation',
    resolved: 'toutes les adresses sont confirmées',
    message: ({ addresses }) => `AWS n'envoie rien avant la confirmation de ces adresses : ${addresses}`,
    remedy:
      "Cherchez à chaque adresse le message d'AWS, aussi parmi les indésirables, et suivez son lien ; il est envoyé de nouveau chaque jour. Les adresses des destinataires se confirment dans SES, « Identities », tant qu'AWS n'a pas sorti le compte de son bac à sable. « sauvegarde smoke » dit ce qui attend encore.",
  },
};

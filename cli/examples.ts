import { cards, fileCards, serverCards } from '../core/engines/cards.ts';

/* Parts of help that name engines. */

/** Products of databases that are files. */
export const fileProducts = fileCards.flatMap(({ products }) => products.map(({ name }) => name)).join(' or ');

/** Name of such a file. */
export const fileExample = `app.${fileCards[0]?.extension}`;

/** Commands that restore into a server, one for each engine. */
export const restoreExamples = serverCards.map(
  ({ reach }) => `  TARGET=${reach.schemes[0]}//user:password@host/new sauvegarde restore shop --into env:TARGET\n`,
);

/** Products whose databases hold events. */
export const productsWithEvents = cards.flatMap((card) => ('events' in card ? card.products.map(({ name }) => name) : [])).join(', ');

/** Products whose dumps grant rights. */
export const grantingProducts = cards.flatMap((card) => ('grants' in card ? card.products.map(({ name }) => name) : [])).join(', ');

/** Products whose backups hold roles of their server. */
export const productsWithRoles = cards.flatMap((card) => ('globals' in card ? card.products.map(({ name }) => name) : [])).join(', ');

import { cards, fileCards, serverCards } from '../core/engines/cards.ts';

/* What help shows, so that it names the engines there are. */

/** The products of databases that are files. */
export const fileProducts = fileCards.flatMap(({ products }) => products.map(({ name }) => name)).join(' or ');

/** A file of a database. */
export const fileExample = `app.${fileCards[0]?.extension}`;

/** How a database on each engine's servers is restored. */
export const restoreExamples = serverCards.map(
  ({ reach }) => `  TARGET=${reach.schemes[0]}//user:password@host/new sauvegarde restore shop --into env:TARGET\n`,
);

/** The products whose dumps grant rights. */
export const grantingProducts = cards.flatMap((card) => ('grants' in card ? card.products.map(({ name }) => name) : [])).join(', ');

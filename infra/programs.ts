import type { Config } from '../core/config/config.ts';
import { deployedWith, type Prover } from '../core/engines/cards.ts';
import { clientFolders, type FolderName, serverFolders } from '../core/programs/folders.ts';
import { programmedOf } from '../core/programs/tools.ts';

/** Folders of programs that each function gets. */
export interface Programs<Folder> {
  readonly dump: readonly Folder[];
  /** For proofs, by the function that makes them; one that nothing can need is missing. */
  readonly provers: { readonly [Name in Prover]?: readonly Folder[] };
}

/**
 * Chooses the programs for the engines of a configuration. Only a server itself says which product of its engine it is,
 * so such a configuration gets the programs of all.
 */
export function programsFor({ databases }: Pick<Config, 'databases'>): Programs<FolderName> {
  const products = programmedOf(deployedWith(Object.values(databases).map(({ engine }) => engine)));
  const provers = Map.groupBy(products, ({ prover }) => prover);
  return {
    dump: products.map(({ family }) => clientFolders[family]),
    provers: Object.fromEntries([...provers].map(([prover, own]) => [prover, own.flatMap(({ family }) => [clientFolders[family], serverFolders[family]])])),
  };
}

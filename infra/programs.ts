import type { Config } from '../core/config/config.ts';
import { deployedWith, engineOfFamily, olderOf, type Prover } from '../core/engines/cards.ts';
import { clientFolders, type FolderName, serverFolders } from '../core/programs/folders.ts';
import { type Family, programmedOf } from '../core/programs/tools.ts';

/** Folders of programs that each function gets. */
export interface Programs<Folder> {
  readonly dump: readonly Folder[];
  /** For proofs, by the function that makes them; one that nothing can need is missing. */
  readonly provers: { readonly [Name in Prover]?: readonly Folder[] };
}

/**
 * Chooses the programs for the engines of a configuration. Only a server itself says which product of its engine it is,
 * so such a configuration gets the programs of all. The same holds for older versions, unless each database names its
 * own.
 */
export function programsFor({ databases, targets }: Pick<Config, 'databases' | 'targets'>): Programs<FolderName> {
  const configured = Object.values(databases);
  const products = programmedOf(deployedWith([...configured, ...Object.values(targets)].map(({ engine }) => engine)));
  const provers = Map.groupBy(products, ({ prover }) => prover);
  return {
    dump: products.map(({ family }) => clientFolders[family]),
    provers: {
      ...Object.fromEntries([...provers].map(([prover, own]) => [prover, own.flatMap(({ family }) => [clientFolders[family], serverFolders[family]])])),
      ...Object.fromEntries(
        products.flatMap((product) =>
          olderOf(product)
            .filter(({ major }) => configured.some((database) => mayBe(database, product.family, major)))
            // the newest shows what would not restore on it
            .map(({ prover, folder }) => [prover, [clientFolders[product.family], folder, serverFolders[product.family]]]),
        ),
      ),
    },
  };
}

/** Returns true if a database may be on a server of this family and major version. */
function mayBe(database: Config['databases'][string], family: Family, major: number): boolean {
  const version = 'version' in database ? database.version : undefined;
  return engineOfFamily(family) === database.engine && (version === undefined || version === major);
}

import { mysqlCard } from './mysql/card.ts';
import { postgresCard } from './postgres/card.ts';
import { sqliteCard } from './sqlite/card.ts';

/** Every engine that a configuration can name. */
export const cards = [sqliteCard, postgresCard, mysqlCard] as const;

export type EngineCard = (typeof cards)[number];
export type EngineName = EngineCard['name'];
export type ServerCard = Extract<EngineCard, { reach: { by: 'address' } }>;
export type ServerEngineName = ServerCard['name'];
export type FileCard = Extract<EngineCard, { reach: { by: 'file' } }>;
export type Product = EngineCard['products'][number];
/** Server of an older major version. */
export type Older = Extract<Product, { programs: { server: { older: unknown } } }>['programs']['server']['older'][number];
/** Name of a function that proves dumps on AWS. */
export type Prover = (Product | Older)['prover'];

export const engineNames: readonly EngineName[] = cards.map(({ name }) => name);
/** Engines whose databases are on servers. */
export const serverCards: readonly ServerCard[] = cards.filter((card): card is ServerCard => card.reach.by === 'address');
/** Engines whose databases are files. */
export const fileCards: readonly FileCard[] = cards.filter((card): card is FileCard => card.reach.by === 'file');
export const products: readonly Product[] = cards.flatMap<Product>((card) => card.products);
/** Each once, in the order of the cards. */
export const provers: readonly Prover[] = [...new Set(products.flatMap((product) => [product.prover, ...olderOf(product).map(({ prover }) => prover)]))];

type Intersection<Union> = (Union extends Union ? (each: Union) => void : never) extends (each: infer All) => void ? All : never;
/** Shapes of all cards' additions to scans. */
export const addedToScans = Object.assign({}, ...cards.map(({ scan }) => scan)) as Intersection<EngineCard['scan']>;

export function cardOf<Name extends EngineName>(name: Name): Extract<EngineCard, { name: Name }> {
  return cards.find((card) => card.name === name) as Extract<EngineCard, { name: Name }>;
}

/** Returns the engine that has this product. */
export function engineOfFamily(family: Product['family']): EngineName {
  return (cards.find((card) => card.products.some((product) => product.family === family)) as EngineCard).name;
}

/** Lists the engines whose programs a stack on AWS carries that backs up databases of these. */
export function deployedWith(configured: readonly EngineName[]): EngineCard[] {
  return serverCards.filter((card) => 'deployed' in card || configured.includes(card.name));
}

/**
 * Returns the function that proves dumps of a product in this version. An unknown product, named as in a scan, counts
 * as the first.
 */
export function proverOf(engine: EngineName, { name, version }: { name: string; version: string }): Prover {
  const [first, ...others]: readonly [Product, ...Product[]] = cardOf(engine).products;
  const product = others.find((each) => each.name === name) ?? first;
  return (olderOf(product).find(({ major }) => major === Number.parseInt(version, 10)) ?? product).prover;
}

/** Lists a product's servers of older versions. */
export function olderOf(product: Product): readonly Older[] {
  return 'programs' in product && 'older' in product.programs.server ? product.programs.server.older : [];
}

import { type EngineCard, type Product, products } from '../engines/cards.ts';
import type { Launch } from './launch.ts';

/** A product whose databases are dumped by programs that others have written. */
export type Programmed = Extract<Product, { programs: unknown }>;
/** A kind of server, with clients of its own. Two products of one engine are two: the dump of one is not made by the other's tool. */
export type Family = Programmed['family'];
export type Client = Programmed['programs']['clients']['dump' | 'session'];
/** Programs of a server that lives only for a proof. */
export type ServerPrograms = { [Of in Family]: Extract<Programmed, { family: Of }>['programs']['server']['programs'][number] };

export const programmed: readonly Programmed[] = products.filter(isProgrammed);

/** The products of these engines that have programs. */
export function programmedOf(cards: readonly EngineCard[]): Programmed[] {
  return cards.flatMap<Product>((card) => card.products).filter(isProgrammed);
}

function isProgrammed(product: Product): product is Programmed {
  return 'programs' in product;
}

/** The product that a program is a client of. */
export function productOfClient(program: Client): Programmed {
  return programmed.find(({ programs: { clients } }) => clients.dump === program || clients.session === program) as Programmed;
}

/** The version of our own programs. */
export function ownVersion({ programs: { version } }: Programmed): readonly [major: number, minor: number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

/** Where the programs are that others have written. A program that is not there and cannot be had is a ToolMissingError. */
export interface Tools {
  /** A program of its product's own version, or newer. If it reads option files, the first argument says which, as the card's `versionArguments` show. */
  client(program: Client, signal: AbortSignal): Promise<Launch>;
  /** The programs of a family's scratch server. They read no option files. */
  server<Of extends Family>(family: Of, signal: AbortSignal): Promise<(program: ServerPrograms[Of]) => Launch>;
}

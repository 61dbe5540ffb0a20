import { type EngineCard, type Product, products } from '../engines/cards.ts';
import type { Launch } from './launch.ts';

/** A product with programs by others. */
export type Programmed = Extract<Product, { programs: unknown }>;
/**
 * A kind of server, with clients of its own. One engine may have several products: the tool of one does not dump the
 * other.
 */
export type Family = Programmed['family'];
export type Client = Programmed['programs']['clients']['dump' | 'session'] | Extract<Programmed['programs']['clients'], { archive: unknown }>['archive'];
/** Programs of a server that lives only for a proof. */
export type ServerPrograms = { [Of in Family]: Extract<Programmed, { family: Of }>['programs']['server']['programs'][number] };

export const programmed: readonly Programmed[] = products.filter(isProgrammed);

/** Lists the products of these engines that have programs. */
export function programmedOf(cards: readonly EngineCard[]): Programmed[] {
  return cards.flatMap<Product>((card) => card.products).filter(isProgrammed);
}

function isProgrammed(product: Product): product is Programmed {
  return 'programs' in product;
}

/** Returns the product that has this client. */
export function productOfClient(program: Client): Programmed {
  return programmed.find(({ programs: { clients } }) =>
    [clients.dump, clients.session, 'archive' in clients ? clients.archive : undefined].includes(program),
  ) as Programmed;
}

/** Returns the version of our own programs. */
export function ownVersion({ programs: { version } }: Programmed): readonly [major: number, minor: number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

/** Programs that others have written. Throws ToolMissingError if a program is missing and cannot be obtained. */
export interface Tools {
  /**
   * Returns a program of our own version, or newer. If it reads option files, its first argument chooses one; the
   * card's `versionArguments` choose none.
   */
  client(program: Client, signal: AbortSignal): Promise<Launch>;
  /** Returns the programs of a family's scratch server. They read no option files. */
  server<Of extends Family>(family: Of, signal: AbortSignal): Promise<(program: ServerPrograms[Of]) => Launch>;
  /**
   * Returns the programs of a family's scratch server of an older major version, or undefined if it cannot be had: the
   * newest does instead.
   */
  older<Of extends Family>(family: Of, major: number, signal: AbortSignal): Promise<((program: ServerPrograms[Of]) => Launch) | undefined>;
  /**
   * Returns the version of the scratch server that proves dumps of a major version, `15.18`; undefined if that is not
   * known. Builds nothing.
   */
  serverVersion(family: Family, major: number): Promise<string | undefined>;
  /**
   * Folder in which data directories of scratch servers are kept from one start to the next. Without it each is made
   * anew.
   */
  readonly templates?: string | undefined;
}

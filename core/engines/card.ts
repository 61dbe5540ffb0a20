import type * as z from 'zod';

/** Programs that others have written: a product's clients, and the server that a proof restores into. */
export interface Programs {
  /** The version of our own, `major` or `major.minor`. The dump of the source and the dump of what was restored must come from the same tool, so no older one is used for either. */
  readonly version: string;
  readonly clients: {
    /** The folder they are in. One a product: whoever has no database of it fetches nothing of it. */
    readonly folder: string;
    readonly dump: string;
    /** Runs statements. */
    readonly session: string;
    /** Finds major and minor version in the answer to `--version`. Must match no other product's: a name alone says nothing. */
    readonly answer: RegExp;
    /** Asks for the version, and reads no option file. */
    readonly versionArguments: readonly string[];
    /** Debian's package of them in that version, if there is one. */
    readonly package?: string;
  };
  readonly server: {
    readonly folder: string;
    /** Those that end in `sql` write the SQL that makes a time zone known, from the link `zoneinfo`. */
    readonly programs: readonly string[];
  };
}

/** One of the products that an engine is for. */
export interface Product {
  /** Names the product in code and in events. */
  readonly family: string;
  /** As it calls itself, and as a scan names it. */
  readonly name: string;
  /** The function that proves its dumps on AWS; several products may share one. Lambda unpacks 250 MB for a function (developer guide, "Lambda quotas"), less than all servers together have. */
  readonly prover: `prove${string}`;
  /** None of a product that needs nothing but Node. */
  readonly programs?: Programs;
}

/** Where a database is and who can reach it. A file: its own machine alone, under a name with one of these endings. A server: whoever has its address. */
export type Reach =
  | { readonly by: 'file'; readonly endings: RegExp }
  | {
      readonly by: 'address';
      /** How URLs begin, with their colons. The first is what we write. */
      readonly schemes: readonly string[];
      /** A URL as people write it. */
      readonly example: string;
      /** The usual one. */
      readonly port: number;
    };

/** What an engine says of itself. Everything else that names engines is derived from it, so a card imports nothing but zod, names and schemas. */
export interface Card {
  /** As the configuration names it. */
  readonly name: string;
  /** The first is the one that the engine is called after. */
  readonly products: readonly [Product, ...Product[]];
  /** Of a dump's file name, before the compression's suffix. */
  readonly extension: string;
  readonly reach: Reach;
  /** A stack on AWS carries its programs: always, or when one of its databases is configured. */
  readonly deployed?: 'always' | 'configured';
  /** Its databases in the configuration, without the options that all engines have. */
  readonly database: z.ZodObject;
  /** What its scans say beside what all scans say. Keys are its own. */
  readonly scan: z.ZodRawShape;
  /** What a target must have before a restore, of a scan, for people; undefined when that is nothing. */
  needs?(scan: never): string | undefined;
  /** Plain commands that restore a decompressed dump of this name without Sauvegarde. A manifest is written by steps that can reach no database. */
  restoreCommands(plain: string): string[];
  /** The same for people, in `HOW-TO-RESTORE.md`. Must stay true for every dump ever written. Lines after the first are indented. */
  readonly howToRestore: { readonly en: string; readonly fr: string };
  /** Whether its dumps grant rights, which a restore can leave out. */
  readonly grants?: boolean;
  /** The role that may read all that a dump needs. */
  readonly readingRole?: string;
  /** The command that gets out of a damaged file what it can. */
  salvage?(file: string): string;
}

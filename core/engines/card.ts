import type * as z from 'zod';

/** Server of an older major version, which proves the dumps of its own. */
export interface OlderServer {
  readonly major: number;
  readonly folder: string;
  /** Debian's package of the server. */
  readonly package: string;
  /** Function on AWS that has it. */
  readonly prover: `prove${string}`;
}

/** Programs by others: a product's clients, and the server that a proof restores into. */
export interface Programs {
  /**
   * Version of our own, `major` or `major.minor`. The dump of the source and that of the restored database must come
   * from the same tool, so no older one is used for either.
   */
  readonly version: string;
  readonly clients: {
    /** Folder of the clients. One a product, so that a machine without its databases fetches nothing of it. */
    readonly folder: string;
    readonly dump: string;
    /** Runs statements. */
    readonly session: string;
    /** Turns an archive of the dump tool into a script, if it writes any. */
    readonly archive?: string;
    /** Finds major and minor version in the answer to `--version`. Matches no other product's answer. */
    readonly answer: RegExp;
    /** Arguments that ask for the version and read no option file. */
    readonly versionArguments: readonly string[];
    /** Debian's package of the clients in that version, if there is one. */
    readonly package?: string;
  };
  readonly server: {
    readonly folder: string;
    /** Debian's package of the server. */
    readonly package: string;
    /** Those that end in `sql` write the SQL that defines a time zone, from the link `zoneinfo`. */
    readonly programs: readonly string[];
    /** Servers of other major versions. Dumps of a version that is not among them are proven on the server above. */
    readonly older?: readonly OlderServer[];
  };
}

/** One of an engine's products. */
export interface Product {
  /** Name in code and in events. */
  readonly family: string;
  /** Name as the product writes it, in scans too. */
  readonly name: string;
  /**
   * Function that proves its dumps on AWS, except those of older servers; products may share one. All servers together
   * exceed the 250 MB that Lambda unpacks for a function (developer guide, "Lambda quotas").
   */
  readonly prover: `prove${string}`;
  /** Missing if Node alone is enough. */
  readonly programs?: Programs;
}

/** Ways to reach a database. Only its own machine reaches a file; whoever has its address reaches a server. */
export type Reach =
  | {
      readonly by: 'file';
      /** Endings of such files' names. */
      readonly endings: RegExp;
      /** Schemes of URLs by which applications name such a file, with their colons. */
      readonly schemes: readonly string[];
      /** URL as a person writes it. */
      readonly example: string;
    }
  | {
      readonly by: 'address';
      /** Schemes of URLs, with their colons. Our own URLs begin with the first. */
      readonly schemes: readonly string[];
      /** URL as a person writes it. */
      readonly example: string;
      /** Default port. */
      readonly port: number;
    };

/**
 * Everything that an engine says of itself, from which all else that names engines is derived. A card imports zod,
 * names and schemas alone.
 */
export interface Card {
  /** Name in the configuration. */
  readonly name: string;
  /** The first gave the engine its name. */
  readonly products: readonly [Product, ...Product[]];
  /** Extension of a dump's file name, before the compression's suffix. */
  readonly extension: string;
  readonly reach: Reach;
  /**
   * Program of ours, a file of the engine's folder, that the engine runs in processes of its own. It lies beside a
   * bundle under the engine's name.
   */
  readonly program?: string;
  /** Matches the beginning of dumps in the formats that `adopt` reads, as Latin-1. */
  readonly begins: RegExp;
  /** File by which a folder is known to be one dump, whose beginning it has. @default no dump is a folder */
  readonly folderBy?: string;
  /** Endings of files beside one that hold part of its contents, unless they are missing or empty. */
  readonly partsBeside?: readonly string[];
  /** `always`: every stack on AWS carries its programs. Otherwise those stacks do that back up one of its databases. */
  readonly deployed?: 'always';
  /** Schema of its databases in the configuration, without the options that all engines share. */
  readonly database: z.ZodObject;
  /** Shape of the additions to its scans. No other card has the same keys. */
  readonly scan: z.ZodRawShape;
  /** Describes what a target must have before a restore; undefined if that is nothing. */
  needs?(scan: never): string | undefined;
  /** Describes the roles of the server that a backup holds for `restore --with-roles`; undefined if it holds none. */
  globals?(scan: never): string | undefined;
  /** Returns the digests of definitions in a scan, by kind and name; undefined if it has none. */
  definitions?(scan: never): Readonly<Record<string, string>> | undefined;
  /**
   * Lists plain commands that restore a decompressed dump of this name without Sauvegarde, by the source's product in
   * its version. They are for a manifest, which is written where no database can be reached.
   */
  restoreCommands(plain: string, product?: { name: string; version: string }): string[];
  /**
   * Its step of `HOW-TO-RESTORE.md`, which must stay true for every dump ever written. Lines after the first are
   * indented.
   */
  readonly howToRestore: { readonly en: string; readonly fr: string };
  /** Present if its dumps grant rights, which a restore can leave out. */
  readonly grants?: true;
  /** Present if a restore that is cut off leaves nothing behind. Otherwise a part of the backup may stay there. */
  readonly undoes?: true;
  /** Present if its databases hold events, which a restore disables. */
  readonly events?: true;
  /** Role that may read all that a dump needs. */
  readonly readingRole?: string;
  /** Command that saves what it can of a damaged file. */
  salvage?(file: string): string;
}

import type { Author } from '../catalogue/audit.ts';

/** Order for a proof of an existing backup. `at` is its instant, ISO 8601 in UTC, and tells it from others. */
export interface VerifyRequest extends Author {
  order: 'verify';
  backup: string;
  at: string;
}

/** Order for a restore into a target of the configuration. It names the target; its address is in no input. */
export interface RestoreRequest extends Author {
  order: 'restore';
  backup: string;
  at: string;
  to: string;
  /** Name of the backup's database, as a person has typed it once more. */
  confirmed: string;
  options: {
    force?: boolean | undefined;
    /** Makes no backup of what `force` replaces. */
    withoutBackup?: boolean | undefined;
    withoutOwners?: boolean | undefined;
    withoutPrivileges?: boolean | undefined;
    withRoles?: boolean | undefined;
    enableEvents?: boolean | undefined;
    /** Tables, or schemas, that are restored alone. */
    tables?: readonly string[] | undefined;
    schemas?: readonly string[] | undefined;
    /** Leaves out statements that do not run. Without it a flawed backup is refused. */
    withoutFlawed?: boolean | undefined;
  };
}

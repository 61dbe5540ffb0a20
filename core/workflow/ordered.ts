import type { Author } from '../catalogue/audit.ts';

/** Order for a proof of an existing backup. `at` is its instant, ISO 8601 in UTC, and tells it from others. */
export interface VerifyRequest extends Author {
  order: 'verify';
  backup: string;
  at: string;
}

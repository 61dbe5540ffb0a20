import { ConfigurationError } from '../core/errors.ts';
import type { Copy } from '../core/operations/keeping/copies.ts';

/**
 * Returns the copy that `--copy` means: a place, a number from 1, or the first. Throws ConfigurationError if there is
 * none.
 */
export function copyOf(copies: readonly Copy[], wanted: string | true): Copy {
  const found = wanted === true ? copies[0] : (copies.find(({ place }) => place === wanted) ?? (/^\d+$/.test(wanted) ? copies[Number(wanted) - 1] : undefined));
  if (found) return found;
  if (copies.length === 0) throw new ConfigurationError('there are no copies; add one to the configuration: local: { copies: [{ folder: … }] }');
  const known = copies.map(({ place }, index) => `${index + 1} (${place})`).join(', ');
  throw new ConfigurationError(`there is no copy ${JSON.stringify(wanted)}; write one of ${known}`);
}

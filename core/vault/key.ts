import { RefusedError } from '../errors.ts';

/** Between the slashes of a key. */
export const keyPart = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export function isKey(text: string): boolean {
  return text.split('/').every((part) => keyPart.test(part));
}

/** Throws a RefusedError for what could be no key, or could leave the vault. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new RefusedError(`${JSON.stringify(key)} is not a key of a vault`);
}

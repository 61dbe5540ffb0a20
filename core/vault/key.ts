import { RefusedError } from '../errors.ts';

/** A part of a key, between the slashes. */
export const keyPart = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export function isKey(text: string): boolean {
  return text.split('/').every((part) => keyPart.test(part));
}

/** Throws RefusedError for a text that is no key, or that could leave the vault. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new RefusedError(`${JSON.stringify(key)} is not a key of a vault`);
}

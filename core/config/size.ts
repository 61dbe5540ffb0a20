import * as z from 'zod';

const mistake = "write a size such as '200 MB', or a whole number of bytes";
const units = ['B', 'kB', 'MB', 'GB', 'TB'];
const written = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)$/;

/** A size in bytes, or as text in powers of 1000: `'200 MB'`. */
export const size = z.union([z.int().min(0).max(1e15), z.string().regex(written)], { error: mistake }).transform((value) => {
  const [, number, unit] = written.exec(String(value)) ?? [];
  return number === undefined ? Number(value) : Math.round(Number(number) * 1000 ** units.indexOf(unit ?? ''));
});

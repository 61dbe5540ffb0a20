import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scan } from '../../../documents/scan.ts';
import type { ScratchHome } from '../../server/scratch/home.ts';

/**
 * Locales whose order and classes of characters are files that glibc shares with `en_US.UTF-8`: links to the same ones
 * in Debian's package locales-all of bookworm, trixie and sid.
 */
const likeEnglish =
  /^(?:ar_(?:AE|BH|DZ|EG|IQ|JO|KW|LB|LY|MA|OM|QA|SA|SD|SY|TN|YE)|el_(?:CY|GR)|en_(?:AU|BW|DK|GB|HK|IE|NZ|PH|SG|US|ZA|ZW)|eu_ES|fr_(?:BE|CH|FR|LU)|ga_IE|he_IL|id_ID|it_(?:CH|IT)|ka_GE|mk_MK|ms_MY|nl_(?:BE|NL)|pt_(?:BR|PT)|ru_(?:RU|UA))\.utf-?8$/i;

/** Lists the source's locales that a scratch server brings along, so that the machine needs none. */
export function localesOf(source: Scan['source']): string[] {
  const { collate = '', ctype = '' } = source?.locale ?? {};
  return [...new Set([collate, ctype])].filter((name) => likeEnglish.test(name));
}

/**
 * Makes a folder with these locales, each a link to the one in `folder`. Returns the environment that has glibc look
 * there.
 */
export async function supplyLocales(home: ScratchHome, folder: string | undefined, names: readonly string[]): Promise<Record<string, string>> {
  if (folder === undefined || names.length === 0) return {};
  const path = join(home.root, 'locale');
  await mkdir(path);
  for (const name of names) await symlink(join(folder, 'en_US.utf8'), join(path, name));
  return { LOCPATH: path };
}

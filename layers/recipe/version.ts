/** Compares two Debian versions: negative when `a` is older. Source of the rule: Debian Policy, "Version". */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [split(a), split(b)];
  return first.epoch - second.epoch || compareParts(first.upstream, second.upstream) || compareParts(first.revision, second.revision);
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return { epoch: Number(epoch), upstream: dash < 0 ? rest : rest.slice(0, dash), revision: dash < 0 ? '' : rest.slice(dash + 1) };
}

/** Runs of non-digits and runs of digits in turn. */
function compareParts(a: string, b: string): number {
  const runs = (text: string): string[] => [...(/^\d/.test(text) ? [''] : []), ...(text.match(/\D+|\d+/g) ?? [])];
  const [first, second] = [runs(a), runs(b)];
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const [left = '', right = ''] = [first[index], second[index]];
    const difference = index % 2 === 0 ? compareLetters(left, right) : Number(left) - Number(right);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `~` sorts before the end, the end before letters, letters before everything else. */
function compareLetters(a: string, b: string): number {
  const weight = (character: string | undefined) => {
    if (character === '~') return -1;
    if (character === undefined) return 0;
    return /[a-zA-Z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
  };
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = weight(a[index]) - weight(b[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

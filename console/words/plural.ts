/** Counts things in English. */
export const pluralEn = (count: number, one: string, many: string) => `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

/** Compte des choses en français. */
export const pluralFr = (count: number, one: string, many: string) => `${count.toLocaleString('fr-FR')} ${count < 2 ? one : many}`;

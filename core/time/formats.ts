/** Formatters by what they were made of: making one takes a hundred times as long as using it. */
const [ofInstants, ofNumbers] = [new Map<string, Intl.DateTimeFormat>(), new Map<string, Intl.NumberFormat>()];

/** Returns a formatter of instants; the same one for the same locale and options. */
export function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(ofInstants, `${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options));
}

/** Returns a formatter of numbers; the same one for the same locale and options. */
export function numberFormatOf(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(ofNumbers, `${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options));
}

function kept<Format>(formats: Map<string, Format>, name: string, make: () => Format): Format {
  const format = formats.get(name) ?? make();
  formats.set(name, format);
  return format;
}

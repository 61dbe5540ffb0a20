/** Strings, which stand as they are, and numbers. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** Writes each number of a JSON text in one form: 1.10 and 1.1, or 1e2 and 100.0, are equal. Keeps every digit. */
export function withPlainNumbers(json: string): string {
  return json.replace(token, (found) => (found.startsWith('"') ? found : plainNumber(found)));
}

/** Writes each number as a DOUBLE holds it. */
export function withDoubles(json: string): string {
  return json.replace(token, (found) => (found.startsWith('"') ? found : plainNumber(String(Number(found)))));
}

/** Writes digits without zeros at either end, and an exponent: `11e-1`. A negative zero is zero. */
function plainNumber(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  return short === '' ? '0' : `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}

/** Parts of a letter, in plain text. */
export interface LetterParts {
  language: 'en' | 'fr';
  /** Colour of the bar: something is wrong, or something is well again. */
  tone: 'alarm' | 'well';
  subject: string;
  /** First sentence. */
  title: string;
  /** Facts by their labels. A fact's first paragraph is what matters; the others explain it. */
  facts: readonly { label: string; paragraphs: readonly string[] }[];
  /** Last sentence. */
  closing?: string;
}

/** A message to people, before it has a sender and recipients: its parts, and both forms of a mail. */
export interface Letter extends LetterParts {
  text: string;
  html: string;
}

/** Colours with a contrast of 4.5 at least, on white as well as where a reader turns it dark. */
const colours = { alarm: '#b3261e', well: '#1b6e3c' };

/** Writes the same letter as plain text and as HTML. */
export function letterOf(parts: LetterParts): Letter {
  return { ...parts, text: textOf(parts), html: htmlOf(parts) };
}

function textOf({ closing, facts, language, title }: LetterParts): string {
  const colon = language === 'fr' ? ' :' : ':';
  // a label has a line of its own: beside it, long sentences would be broken below it where a window is narrow
  const lines = facts.flatMap(({ label, paragraphs: [first = '', ...others] }) => [`${label}${colon}`, first, ...others, '']);
  return [title, '', ...lines, ...(closing === undefined ? [] : [closing, ''])].join('\n');
}

/**
 * Writes HTML that mail programs show alike: a table, styles in its elements, no image, no script, no address to fetch
 * anything from. It is one column, so that it fits a telephone.
 */
function htmlOf({ closing, facts, language, subject, title, tone }: LetterParts): string {
  const shown = (text: string) => escaped(language === 'fr' ? withFrenchSpaces(text) : text);
  const rows = facts.map(
    ({ label, paragraphs: [first = '', ...others] }) => `<tr><td style="padding:0 24px 18px">
<div style="font-size:13px;color:#5f6368;margin-bottom:2px">${shown(label)}</div>
<div style="font-size:16px;overflow-wrap:anywhere">${shown(sentence(first))}</div>
${others.map((other) => `<div style="font-size:14px;color:#5f6368;margin-top:4px;overflow-wrap:anywhere">${shown(other)}</div>`).join('\n')}
</td></tr>`,
  );
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(subject)}</title>
</head>
<body style="margin:0;padding:0;background:#f1f3f4">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="background:#f1f3f4"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="max-width:600px;background:#ffffff;color:#202124;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;line-height:1.45;text-align:left;border-top:6px solid ${colours[tone]}">
<tr><td style="padding:22px 24px 18px"><h1 style="margin:0;font-size:20px;line-height:1.3;color:${colours[tone]};overflow-wrap:anywhere">${shown(title)}</h1></td></tr>
${rows.join('\n')}
<tr><td style="padding:14px 24px 20px;border-top:1px solid #dadce0;font-size:13px;color:#5f6368">${closing === undefined ? '' : `${shown(closing)}<br>`}Sauvegarde</td></tr>
</table>
</td></tr></table>
</body>
</html>
`;
}

/** Begins a text with a capital letter, unless it begins with a name such as `main-20261122_050000Z`. */
function sentence(text: string): string {
  return /^\p{Ll}[\p{L}']*[ .,]/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** Keeps punctuation with its word, where French has a space between them. */
function withFrenchSpaces(text: string): string {
  return text.replace(/ ([:;?!»])/g, '\u00a0$1').replace(/« /g, '«\u00a0');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

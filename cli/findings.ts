import type { ErrorName } from '../core/errors.ts';
import { messagesIn } from '../core/mail/messages/languages.ts';
import type { Finding } from '../core/operations/orders/check.ts';
import { exit, isErrorName } from './exit.ts';
import { beside, print, printable, printJson } from './output.ts';
import { running } from './running.ts';

const marks = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' };

/** Advice by the name of an error. */
export type Advice = Partial<Record<ErrorName, string>>;

/**
 * Prints the findings, with advice for those that are wrong; if there are any, the command has failed. `special`
 * replaces the usual advice.
 */
export function report(findings: Finding[], { json }: { json?: boolean }, special: Advice = {}): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  if (json) printJson(findings);
  else for (const finding of findings) print(lineOf(finding, width, { ...messagesIn('en').advice, ...special }));
  if (findings.some(({ state }) => state === 'wrong')) running().status = exit.failed;
}

function lineOf({ check, state, found, error }: Finding, width: number, advice: Advice): string {
  const hang = width + 11;
  const line = beside(`${marks[state]}  ${check}`, printable(found), hang);
  const told = error && isErrorName(error) ? advice[error] : undefined;
  return told === undefined ? line : `${line}\n${beside('', told, hang).replace(/^\n/, '')}`;
}

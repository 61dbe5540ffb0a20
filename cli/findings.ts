import { messagesIn } from '../core/mail/messages/languages.ts';
import type { Finding } from '../core/operations/check.ts';
import { exit, isErrorName } from './exit.ts';
import { print, printable, printJson } from './output.ts';

const marks = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' };

/** Prints what was found, with advice for what is wrong; when something is, the command has failed. */
export function report(findings: Finding[], { json }: { json?: boolean }): void {
  if (json) printJson(findings);
  else for (const finding of findings) print(lineOf(finding, Math.max(...findings.map(({ check }) => check.length))));
  if (findings.some(({ state }) => state === 'wrong')) process.exitCode = exit.failed;
}

function lineOf({ check, state, found, error }: Finding, width: number): string {
  const line = `${marks[state]}  ${check.padEnd(width)}  ${printable(found)}`;
  return error && isErrorName(error) ? `${line}\n${' '.repeat(width + 11)}${messagesIn('en').advice[error]}` : line;
}

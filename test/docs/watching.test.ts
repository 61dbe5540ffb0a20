import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { messagesIn } from '../../core/mail/messages/languages.ts';
import { databaseRules, deploymentRules } from '../../core/policy/watch/rules.ts';

const page = readFileSync(new URL('../../docs/watching.md', import.meta.url), 'utf8');

it.each([...databaseRules, ...deploymentRules].map(({ kind, threshold }) => [kind, threshold]))(
  '%s is described by its threshold and its message',
  (kind, threshold) => {
    const { title } = messagesIn('en');
    expect(page).toContain(`| \`${kind}\` | ${title(kind)} | ${threshold} |`);
  },
);

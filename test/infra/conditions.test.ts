import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CopyStack } from '../../infra/copy-stack.ts';
import { newApp } from '../../infra/new-app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { configured, targets, templateOf } from '../support/synthesized.ts';

const keyIn = (region: string, account: string) => `arn:aws:kms:${region}:${account}:key/01234567-89ab-cdef-0123-456789abcdef`;

it('each condition key of a policy is documented, with the source that says which requests carry it', () => {
  const copy = { account: '210987654321', region: 'eu-central-1', bucket: 'our-copies', from: '123456789012', key: keyIn('eu-central-1', '210987654321') };
  const template = templateOf(configured({ targets, aws: { copy, key: keyIn('eu-west-3', '123456789012') } })); // every option with a policy
  const app = newApp({ outdir: temporaryFolder() });
  const stack = new CopyStack(app, 'copy', { copy });
  const ofCopy = app.synth().getStackByName(stack.stackName).template as typeof template;
  const asked = new Set([template, ofCopy].flatMap(({ Resources }) => keysIn(Resources)));

  const [, section = ''] =
    /^## What the conditions rest on\n(.*?)^## /ms.exec(readFileSync(new URL('../../docs/threat-model.md', import.meta.url), 'utf8')) ?? [];
  const rows = [...section.matchAll(/^\|([^|]+)\|/gm)].map(([, cell = '']) => cell);
  expect([...asked].sort()).toEqual(rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key)).sort());
});

/** Lists the condition keys of all policies in a value. */
function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { Condition: conditions = {}, ...others } = value as { Condition?: Record<string, object> };
  return [...Object.values(conditions).flatMap((tests) => Object.keys(tests)), ...Object.values(others).flatMap(keysIn)];
}

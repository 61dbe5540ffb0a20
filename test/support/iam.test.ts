import { expect, it } from 'vitest';
import { allows, denies, type Statement } from './iam.ts';

const read: Statement = { Effect: 'Allow', Action: ['s3:GetObject', 's3:List*'], Resource: 'arn:aws:s3:::vault/*' };
const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::vault/main/a.zst' };

it.each<[what: string, statements: Statement[], asked: typeof request & { context?: Record<string, string> }, allowed: boolean]>([
  ['what is named', [read], request, true],
  ['in any case of letters', [read], { ...request, action: 'S3:getobject' }, true],
  ['by a star', [read], { ...request, action: 's3:ListParts' }, true],
  ['not another action', [read], { ...request, action: 's3:GetObjectVersion' }, false],
  ['not another resource', [read], { ...request, resource: 'arn:aws:s3:::vault' }, false],
  ['not another bucket with the same beginning', [{ ...read, Resource: 'arn:aws:s3:::vault' }], { ...request, resource: 'arn:aws:s3:::vault2' }, false],
  ['a question mark for one character', [{ ...read, Resource: 'a:b-??' }], { ...request, resource: 'a:b-xy' }, true],
  ['a question mark for no more', [{ ...read, Resource: 'a:b-??' }], { ...request, resource: 'a:b-xyz' }, false],
  ['a dot only for itself', [{ ...read, Resource: 'a.b' }], { ...request, resource: 'axb' }, false],
  ['nothing without a statement', [], request, false],
  ['not what is denied', [read, { ...read, Effect: 'Deny' }], request, false],
  ['a denial of something else', [read, { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }], request, true],
  ['with a condition that is met', [{ ...read, Condition: { StringEquals: { k: ['a', 'b'] } } }], { ...request, context: { k: 'b' } }, true],
  ['with a condition that is not', [{ ...read, Condition: { StringEquals: { k: 'a' } } }], { ...request, context: { k: 'b' } }, false],
  ['with a condition on what is absent', [{ ...read, Condition: { StringEquals: { k: 'a' } } }], request, false],
  ['with Null on what is absent', [{ ...read, Condition: { Null: { k: 'true' } } }], request, true],
  ['with Null on what is there', [{ ...read, Condition: { Null: { k: 'true' } } }], { ...request, context: { k: '*' } }, false],
  ['with a condition for all values on what is absent', [{ ...read, Condition: { 'ForAllValues:StringLike': { k: 'a#*' } } }], request, true],
  [
    'with a condition for all values that is not met',
    [{ ...read, Condition: { 'ForAllValues:StringLike': { k: 'a#*' } } }],
    { ...request, context: { k: 'b#1' } },
    false,
  ],
  ['all conditions must be met', [{ ...read, Condition: { Null: { k: 'true' }, Bool: { b: 'true' } } }], { ...request, context: { b: 'false' } }, false],
])('allows %s', (_, statements, asked, allowed) => expect(allows(statements, asked)).toBe(allowed));

it('tells a denial from an absence', () => {
  expect(denies([read], { ...request, action: 's3:PutObject' })).toBe(false);
  expect(denies([{ ...read, Effect: 'Deny' }], request)).toBe(true);
});

it('does not pass over a condition that it does not know', () => {
  expect(() => allows([{ ...read, Condition: { DateLessThan: { k: 'a' } } }], request)).toThrow('DateLessThan');
});

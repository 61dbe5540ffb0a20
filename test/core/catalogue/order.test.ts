import { expect, it } from 'vitest';
import { idsUpTo, newestFirst, placeAt, positionOf } from '../../../core/catalogue/order.ts';
import { ConfigurationError } from '../../../core/errors.ts';
import { backupOf } from '../../support/records.ts';

const slot = '2026-11-22T02:00:00Z';

it('of a record and itself is none: a part of a list does not begin with the item that ended the one before', () => {
  expect(newestFirst(backupOf(slot), backupOf(slot))).toBe(0);
});

it('puts the newest slot first, and of one slot the greater id', () => {
  const all = [backupOf('2026-11-23T02:00:00Z'), backupOf(slot, { kind: 'manual' }), backupOf(slot), backupOf(slot, { database: 'main-2' })];
  expect(all.toReversed().sort(newestFirst)).toEqual(all);
});

it('knows a place again that it has written, and no other text', () => {
  const { id, slot: at } = backupOf(slot);
  expect(placeAt(positionOf({ id, slot: at }))).toEqual({ id, slot: at });
  for (const text of ['', id, `${at} `, `2026-13-45T99:00:00Z ${id}`]) expect(() => placeAt(text)).toThrow(ConfigurationError);
});

it('bounds the ids of a slot and of all before it', () => {
  const bound = idsUpTo(backupOf(slot), 'main');
  for (const each of [backupOf(slot), backupOf(slot, { kind: 'manual' }), backupOf('2026-11-21T02:00:00Z', { kind: 'manual' })])
    expect(each.id < bound).toBe(true);
  expect(backupOf('2026-11-22T02:00:01Z').id < bound).toBe(false);
});

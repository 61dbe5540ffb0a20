import { afterEach, expect, it, vi } from 'vitest';
import { KeptAMinute } from '../../../core/time/kept-a-minute.ts';

afterEach(() => void vi.useRealTimers());

it('a value is kept for a minute from when it was set, however often it is asked for', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const kept = new KeptAMinute<string>();
  expect(kept.get('a')).toBeUndefined();
  kept.set('a', 'first');
  vi.advanceTimersByTime(59_999);
  expect([kept.get('a'), kept.get('b')]).toEqual(['first', undefined]);
  vi.advanceTimersByTime(1);
  expect(kept.get('a')).toBeUndefined();
  kept.set('a', 'second');
  expect(kept.get('a')).toBe('second');
});

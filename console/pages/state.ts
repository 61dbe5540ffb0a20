import type { State } from '../../core/policy/state.ts';
import type { Tone } from '../parts/labels.ts';

export const toneOfState: Record<State, Tone> = {
  good: 'good',
  flawed: 'warn',
  attention: 'warn',
  late: 'warn',
  failed: 'bad',
  unsafe: 'bad',
  new: 'calm',
  idle: 'calm',
};

/** Returns true for a state that asks for somebody. */
export function needsAttention(state: State): boolean {
  return toneOfState[state] === 'warn' || toneOfState[state] === 'bad';
}

import { type Prover, provers } from '../engines/cards.ts';

/**
 * Writes the value of `provers` in the workflow's file: the function of each prover, as an object of JSONata. Names and
 * ARNs of functions hold no quote.
 */
export function proverTable(functionOf: (prover: Prover) => string): string {
  return `{${provers.map((prover) => `'${prover}': '${functionOf(prover)}'`).join(', ')}}`;
}

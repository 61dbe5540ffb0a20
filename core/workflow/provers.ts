import { type Prover, provers } from '../engines/cards.ts';

/** The value of `provers` in the workflow's file: each prover's function, as an object of JSONata. Names and ARNs of functions hold no quote. */
export function proverTable(functionOf: (prover: Prover) => string): string {
  return `{${provers.map((prover) => `'${prover}': '${functionOf(prover)}'`).join(', ')}}`;
}

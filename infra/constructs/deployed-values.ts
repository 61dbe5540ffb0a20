import { Fn, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../../core/errors.ts';
import { standInFor, standIns } from '../../core/names.ts';
import type { Grant } from './grant.ts';

/** Bytes of a function's environment (Lambda quotas: 4 KB), less half a kilobyte for its other settings. */
const mostBytes = 3500;
/** Bytes that a value is taken for at synth: the name of a secret that the CDK made has some sixty. */
const usualBytes = 64;

/**
 * Values of a configuration that only the deployment knows: ARNs, addresses, ports. In the configuration that is
 * bundled stands a number for each; a function that needs some gets them in its environment. So the bundle is the same
 * at each synth, and a function knows no address that it does not use.
 */
export class DeployedValues {
  readonly #values: string[] = [];
  readonly #known = new Map<string, number>();
  /** Last parts of the ARNs of secrets. */
  readonly #secrets = new Map<string, string>();
  readonly #stack: Stack;

  constructor(scope: Construct) {
    this.#stack = Stack.of(scope);
  }

  /** Returns a text that can be bundled: the given one, or what stands for it. */
  text(value: string): string {
    return Token.isUnresolved(value) ? standInFor(this.#numberOf(value)) : value;
  }

  /** Returns a number that can be bundled; what stands for one is a text there. */
  number(value: number): number {
    return Token.isUnresolved(value) ? (standInFor(this.#numberOf(Tokenization.stringifyNumber(value)), 'number') as unknown as number) : value;
  }

  /** Returns a name or an ARN of a secret that can be bundled. The beginning of the stack's own ARNs is kept once. */
  secret({ env, secretFullArn, secretName }: Pick<ISecret, 'env' | 'secretFullArn' | 'secretName'>): string {
    if (secretFullArn === undefined) return this.text(secretName);
    if (!Token.isUnresolved(secretFullArn)) return secretFullArn;
    const { account, partition, region } = this.#stack;
    if (env.region !== region || env.account !== account) return this.text(secretFullArn);
    const name = this.#secrets.get(secretFullArn) ?? Fn.select(6, Fn.split(':', secretFullArn)); // a new token at each call
    this.#secrets.set(secretFullArn, name);
    return this.text(`arn:${partition}:secretsmanager:${region}:${account}:secret:`) + this.text(name);
  }

  /** Returns a text as it is deployed, with tokens for what stands for them. */
  resolve(text: string): string {
    return text.replaceAll(standIns, (_, __, number: string) => this.#values[Number(number)] ?? '');
  }

  /** Gives a function the values that a part of the configuration needs. */
  neededBy(part: unknown, what: string): Grant['environment'] {
    const numbers = [...new Set([...JSON.stringify(part).matchAll(standIns)].map(([, , number]) => Number(number)))];
    if (numbers.length === 0) return {};
    const bytes = numbers.reduce((sum, number) => sum + usualBytes + String(number).length + 6, 0);
    if (bytes > mostBytes)
      throw new ConfigurationError(
        `${what}: ${numbers.length} values that only the deployment knows are more than the environment of a function holds (4 KB); write names of secrets (Secret.fromSecretNameV2), which need none, or share the databases among several constructs`,
      );
    return { SAUVEGARDE_VALUES: this.#stack.toJsonString(Object.fromEntries(numbers.map((number) => [number, this.#values[number]]))) };
  }

  #numberOf(value: string): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    this.#known.set(value, this.#values.length);
    return this.#values.push(value) - 1;
  }
}

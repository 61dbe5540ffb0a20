import type { Config, Reference } from '../config/config.ts';
import type { SecretAddress } from '../config/notify.ts';
import { ConfigurationError } from '../errors.ts';
import { call, parseAddress } from './call.ts';
import { heartbeatUrl } from './heartbeats.ts';
import type { Beat, Notice, Notifier } from './notifier.ts';
import { type Preset, prepared } from './presets.ts';

/** One configured way. */
interface Way {
  name: string;
  preset: Preset;
  address: SecretAddress;
  key?: SecretAddress | undefined;
}

/** Webhooks of the configuration. Addresses are resolved when they are called, and appear nowhere. */
export class Webhooks implements Notifier {
  readonly ways: readonly string[];
  readonly #ways: readonly Way[];
  readonly #config: Pick<Config, 'databases' | 'heartbeat'>;
  readonly #reveal: (reference: Reference) => Promise<string>;
  readonly #patienceMs: number | undefined;

  constructor(config: Pick<Config, 'databases' | 'heartbeat' | 'notify'>, reveal: (reference: Reference) => Promise<string>, patienceMs?: number) {
    this.#config = config;
    this.#reveal = reveal;
    this.#patienceMs = patienceMs;
    this.#ways = waysOf(config);
    this.ways = this.#ways.map(({ name }) => name);
  }

  async send(name: string, notice: Notice): Promise<void> {
    const way = this.#ways.find((each) => each.name === name);
    if (!way) throw new ConfigurationError(`no way of telling is called ${name}; configured: ${this.ways.join(', ')}`);
    const address = parseAddress(await this.#reveal(way.address), `notify: ${name}`);
    const key = way.key === undefined ? undefined : await this.#reveal(way.key);
    const { body, headers, url } = prepared(way.preset, address, notice, key);
    await call(url, { body, headers }, { setting: name, patienceMs: this.#patienceMs });
  }

  async beat(database: string, beat: Beat): Promise<void> {
    const { databases, heartbeat } = this.#config;
    const reference = (Object.hasOwn(databases, database) ? databases[database]?.heartbeat : undefined) ?? heartbeat;
    if (reference === undefined) return;
    const url = heartbeatUrl(parseAddress(await this.#reveal(reference), 'heartbeat'), beat);
    if (url) await call(url, {}, { setting: 'the service of the heartbeat', patienceMs: this.#patienceMs });
  }
}

/** Names the ways by their kinds; a second one of a kind has a number. */
function waysOf({ notify }: Pick<Config, 'notify'>): Way[] {
  const seen = new Map<string, number>();
  return notify.map((each) => {
    const [preset, address] = Object.entries(each)[0] as [Preset, SecretAddress];
    const count = (seen.get(preset) ?? 0) + 1;
    seen.set(preset, count);
    return { name: count === 1 ? preset : `${preset} ${count}`, preset, address, ...('key' in each && { key: each.key }) };
  });
}

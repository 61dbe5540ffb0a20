import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { CatalogueUnavailableError, ConfigurationError } from '../../errors.ts';
import { shortened } from './shortened.ts';

/**
 * Format of written items; a reader refuses newer ones. Since 2 a backup's objects have names, and the vault's
 * incidents are its own.
 */
const format = 2;

/** Number of attempts at a change against other writers: some 6 s in all, besides reads and writes. */
const rounds = 50;

export interface Key {
  pk: string;
  sk: string | number;
}

/**
 * A stored item. `version` is new with every write and never used twice: a writer that replaces an item names the
 * version that it has read.
 */
export interface Item<Value> extends Key {
  format: number;
  version: string;
  record: Value;
}

/** Condition under which a write is carried out. */
type Condition = Pick<NonNullable<Write['Put']>, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * One table. Reads are strongly consistent. Throws CatalogueUnavailableError if DynamoDB fails after the SDK's own
 * retries.
 */
export class Table {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async get<Value>({ pk, sk }: Key): Promise<Item<Value> | undefined> {
    const { Item: item } = await this.#told(() => this.#client.send(new GetCommand({ TableName: this.#name, Key: { pk, sk }, ConsistentRead: true })));
    return item && this.#read<Value>(item);
  }

  /**
   * Returns the items of a partition whose sort key begins with `prefix` or is less than `before`, page after page, in
   * the order of their sort keys.
   */
  async query<Value>(
    pk: string,
    { prefix, before, newestFirst = false, limit }: { prefix?: string; before?: Key['sk'] | undefined; newestFirst?: boolean; limit?: number } = {},
  ): Promise<Item<Value>[]> {
    const [condition, values] =
      prefix !== undefined
        ? [' AND begins_with(#sk, :prefix)', { ':prefix': prefix }]
        : before !== undefined
          ? [' AND #sk < :before', { ':before': before }]
          : ['', {}];
    const found: Item<Value>[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#told(() =>
        this.#client.send(
          new QueryCommand({
            TableName: this.#name,
            KeyConditionExpression: `#pk = :pk${condition}`,
            ExpressionAttributeNames: { '#pk': 'pk', ...(condition !== '' && { '#sk': 'sk' }) },
            ExpressionAttributeValues: { ':pk': pk, ...values },
            ConsistentRead: true,
            ScanIndexForward: !newestFirst,
            ...(limit !== undefined && { Limit: limit - found.length }),
            ...(from && { ExclusiveStartKey: from }),
          }),
        ),
      );
      found.push(...(page.Items ?? []).map((item) => this.#read<Value>(item)));
      from = page.LastEvaluatedKey;
    } while (from && found.length < (limit ?? Number.POSITIVE_INFINITY));
    return found;
  }

  /** Writes an item, unless one is there. */
  async putNew<Value>(key: Key, record: Value): Promise<void> {
    const put = new PutCommand({ TableName: this.#name, Item: itemOf(key, record), ...unchanged(undefined) });
    await this.#client.send(put).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw this.#unavailable(error);
    });
  }

  /** For a transaction: replaces exactly the item that was read; if none was, there must still be none. */
  replacing<Value>(there: Item<unknown> | undefined, key: Key, record: Value): Write {
    return { Put: { TableName: this.#name, Item: itemOf(key, record), ...unchanged(there) } };
  }

  /** For a transaction: writes an item whatever was there. */
  setting<Value>(key: Key, record: Value): Write {
    return { Put: { TableName: this.#name, Item: itemOf(key, record) } };
  }

  /** For a transaction: removes the item that was read. */
  removing({ pk, sk, version }: Item<unknown>): Write {
    return { Delete: { TableName: this.#name, Key: { pk, sk }, ...unchanged({ version }) } };
  }

  /** For a transaction: removes an item that may not be there. */
  clearing({ pk, sk }: Key): Write {
    return { Delete: { TableName: this.#name, Key: { pk, sk } } };
  }

  /** For a transaction: checks that there is still no item. */
  absent({ pk, sk }: Key): Write {
    return { ConditionCheck: { TableName: this.#name, Key: { pk, sk }, ...unchanged(undefined) } };
  }

  /**
   * Writes all or nothing and returns `result`; undefined (for `untilDone`) if another writer came between. Even single
   * changes are transactions: the SDK gives each a token, so that one that is sent again after a lost answer is not
   * carried out twice.
   */
  async transact<Result>(writes: Write[], result: Result): Promise<{ result: Result } | undefined> {
    try {
      await this.#client.send(new TransactWriteCommand({ TransactItems: writes }));
      return { result };
    } catch (error) {
      if (isOutrun(error)) return undefined;
      throw this.#unavailable(error);
    }
  }

  /**
   * Repeats `work`, which reads, decides and writes, until no other writer came between (it returns its result), or for
   * some 6 s. `turn` names what it changes: the writers of one process wait for each other, so that only processes
   * compete.
   */
  async untilDone<Result>(turn: string, work: () => Promise<{ result: Result } | undefined>): Promise<Result> {
    const before = this.#turns.get(turn)?.catch(() => undefined); // its caller handles its failure
    const mine = (async () => {
      await before;
      return this.#repeated(work);
    })();
    this.#turns.set(turn, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(turn) === mine) this.#turns.delete(turn);
    }
  }

  async #repeated<Result>(work: () => Promise<{ result: Result } | undefined>): Promise<Result> {
    for (let round = 1; round <= rounds; round++) {
      const done = await work();
      if (done) return done.result;
      await sleep(Math.random() * Math.min(400, 10 * round));
    }
    throw new CatalogueUnavailableError(`the catalogue (table ${this.#name}) is too busy: ${rounds} times another writer came first`);
  }

  #read<Value>(item: Record<string, unknown>): Item<Value> {
    const read = item as unknown as Item<Value>;
    if (read.format > format)
      throw new ConfigurationError(
        `the catalogue (table ${this.#name}) was written by a newer version of Sauvegarde (format ${read.format}, this one knows ${format}); update Sauvegarde`,
      );
    return read;
  }

  async #told<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(error: unknown): CatalogueUnavailableError {
    const { name, message } = error as Error;
    return new CatalogueUnavailableError(`the catalogue (table ${this.#name}) cannot be used: ${name}: ${message}`, { cause: error });
  }
}

function itemOf<Value>({ pk, sk }: Key, record: Value): Item<Value> {
  return { pk, sk, format, version: randomUUID(), record: shortened(record) };
}

function unchanged(there: { version: string } | undefined): Condition & { ConditionExpression: string } {
  if (!there) return { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } };
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': there.version },
  };
}

/** Retryable reasons for a cancelled transaction; the SDK does not retry these. */
const passing = new Set(['None', 'ConditionalCheckFailed', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

function isOutrun(error: unknown): boolean {
  return error instanceof TransactionCanceledException && (error.CancellationReasons ?? []).every(({ Code }) => passing.has(Code ?? 'None'));
}

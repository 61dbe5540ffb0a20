import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { placeOf } from './sorted.ts';

type SortKey = string | number;
type Item = Record<string, unknown>;
type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
/** What a put, a removal and a check have in common. */
type Conditional = { TableName?: string | undefined; ConditionExpression?: string | undefined; ExpressionAttributeValues?: Item | undefined };

/** Partition: its items, and their sort keys in order. */
interface Partition {
  keys: SortKey[];
  items: Map<SortKey, Item>;
}

/**
 * Tables of DynamoDB in memory, for as much as our catalogue asks of them: one item by its key, a partition in the
 * order of its sort keys, and writes under two conditions. Throws TypeError for anything else. They serve a simulated
 * year, whose millions of requests no emulator answers in time; the contract of every catalogue holds them to what the
 * emulator does. An item is copied when it is written and then frozen, so that each read can give it away: whoever
 * changed it would get a TypeError.
 */
export class MemoryTables {
  readonly #partitions = new Map<string, Partition>();

  /** Returns a client, as the catalogue takes one. */
  client(): DynamoDBDocumentClient {
    return { send: async (command: unknown) => this.#answer(command) } as unknown as DynamoDBDocumentClient;
  }

  #answer(command: unknown): Item {
    if (command instanceof GetCommand) return { Item: this.#get(command.input.TableName, command.input.Key) };
    if (command instanceof QueryCommand) return { Items: this.#query(command.input) };
    if (command instanceof PutCommand) {
      if (!this.#allows(command.input, command.input.Item)) throw new ConditionalCheckFailedException({ message: 'it is there', $metadata: {} });
      this.#put(command.input.TableName, command.input.Item);
      return {};
    }
    if (command instanceof TransactWriteCommand) return this.#transact(command.input.TransactItems ?? []);
    throw new TypeError('tables in memory do not know this command');
  }

  #get(table: string | undefined, key: Item | undefined): Item | undefined {
    const { items } = this.#partition(table, key?.pk);
    return items.get(key?.sk as SortKey);
  }

  #query({ TableName, ExpressionAttributeValues: values = {}, KeyConditionExpression = '', Limit, ScanIndexForward }: QueryCommandInput): Item[] {
    const { items, keys } = this.#partition(TableName, values[':pk']);
    const { ':prefix': prefix, ':before': before } = values as { ':prefix'?: string; ':before'?: SortKey };
    if (!/^#pk = :pk( AND begins_with\(#sk, :prefix\)| AND #sk < :before)?$/.test(KeyConditionExpression)) throw new TypeError(KeyConditionExpression);
    const end = before === undefined ? keys.length : placeOf(before, keys);
    const start = Limit !== undefined && ScanIndexForward === false && prefix === undefined ? Math.max(0, end - Limit) : 0;
    const within = keys.slice(start, end);
    const found = prefix === undefined ? within : within.filter((key) => String(key).startsWith(prefix));
    if (ScanIndexForward === false) found.reverse();
    return found.slice(0, Limit).map((key) => items.get(key) ?? {});
  }

  #transact(writes: Write[]): Item {
    const reasons = writes.map(({ ConditionCheck, Delete, Put }) => {
      const write: Conditional = Put ?? Delete ?? ConditionCheck ?? {};
      return { Code: this.#allows(write, Put?.Item ?? Delete?.Key ?? ConditionCheck?.Key) ? 'None' : 'ConditionalCheckFailed' };
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: 'a condition failed', CancellationReasons: reasons, $metadata: {} });
    for (const { Delete, Put } of writes) {
      if (Put) this.#put(Put.TableName, Put.Item);
      if (Delete) this.#remove(Delete.TableName, Delete.Key);
    }
    return {};
  }

  #allows({ ConditionExpression: condition, ExpressionAttributeValues: values, TableName }: Conditional, key: Item | undefined): boolean {
    if (condition === undefined) return true;
    const there = this.#partition(TableName, key?.pk).items.get(key?.sk as SortKey);
    if (condition === 'attribute_not_exists(#pk)') return there === undefined;
    if (condition === '#version = :version') return there !== undefined && there.version === values?.[':version'];
    throw new TypeError(condition);
  }

  #put(table: string | undefined, item: Item | undefined): void {
    const { items, keys } = this.#partition(table, item?.pk);
    const key = item?.sk as SortKey;
    if (!items.has(key)) keys.splice(placeOf(key, keys), 0, key);
    items.set(key, frozen(JSON.parse(JSON.stringify(item)) as Item));
  }

  #remove(table: string | undefined, key: Item | undefined): void {
    const { items, keys } = this.#partition(table, key?.pk);
    const sortKey = key?.sk as SortKey;
    if (items.delete(sortKey)) keys.splice(placeOf(sortKey, keys), 1);
  }

  #partition(table: string | undefined, pk: unknown): Partition {
    const name = `${table}/${pk}`;
    const there = this.#partitions.get(name);
    if (there) return there;
    const made: Partition = { keys: [], items: new Map() };
    this.#partitions.set(name, made);
    return made;
  }
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type CfnTable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { auditTable, recordsTable, runsPrefix } from '../../core/catalogue/dynamodb/tables.ts';
import { allow, type Grant } from './grant.ts';
import { keepId } from './logical-ids.ts';
import { throughKey } from './own-key.ts';

const types = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** Actions on records. A transaction needs the actions of its parts. */
type RecordAction = 'GetItem' | 'Query' | 'PutItem' | 'DeleteItem' | 'ConditionCheckItem';

/** The two tables of the catalogue: records, and the audit log, from which nobody may remove anything. */
export class Catalogue extends Construct {
  readonly records: Table;
  readonly audit: Table;

  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, { key }: { /** Key of the account's. @default AWS's own */ readonly key?: IKey | undefined } = {}) {
    super(scope, id);
    this.#key = key;
    this.records = this.#table('Records', recordsTable);
    this.audit = this.#table('Audit', auditTable);
  }

  /**
   * Grants reading and writing the records of runs, and no others: the key holds the partition keys of a request
   * (DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control"). `ForAllValues` allows a
   * request without it, should there be one: a condition that is not as documented must keep no dump from being made.
   */
  toNoteRuns(): Grant {
    const ofRuns = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${runsPrefix}*`] } };
    return this.#grant([allow(named(['GetItem', 'PutItem']), [this.records.tableArn], ofRuns)]);
  }

  /** Grants these actions on records, and additions to the audit log, which need its last entry. */
  toUseAudited(...actions: RecordAction[]): Grant {
    return this.#grant([allow(named(actions), [this.records.tableArn]), allow(named(['Query', 'PutItem']), [this.audit.tableArn])]);
  }

  #grant(statements: PolicyStatement[]): Grant {
    const writes = statements.some(({ actions }) => actions.includes('dynamodb:PutItem'));
    return {
      environment: { SAUVEGARDE_TABLE: this.records.tableName, SAUVEGARDE_AUDIT_TABLE: this.audit.tableName },
      statements: [...statements, ...throughKey(this, this.#key, 'dynamodb', writes ? 'write' : 'read')],
    };
  }

  #table(id: string, { partitionKey, sortKey }: typeof recordsTable): Table {
    const table = new Table(this, id, {
      partitionKey: { name: partitionKey.name, type: types[partitionKey.type] },
      sortKey: { name: sortKey.name, type: types[sortKey.type] },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(this.#key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: this.#key }),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    keepId(table.node.defaultChild as CfnTable, id);
    return table;
  }
}

function named(actions: readonly RecordAction[]): string[] {
  return actions.map((action) => `dynamodb:${action}`);
}

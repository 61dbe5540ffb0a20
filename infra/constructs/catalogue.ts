import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type CfnTable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { auditTable, recordsTable } from '../../core/catalogue/dynamodb/tables.ts';
import { allow, type Grant } from './grant.ts';

const types = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** The two tables of the catalogue: records, and the audit log, from which nobody may remove anything. */
export class Catalogue extends Construct {
  readonly records: Table;
  readonly audit: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.records = this.#table('Records', recordsTable);
    this.audit = this.#table('Audit', auditTable);
  }

  toRead(): Grant {
    return this.#grant([allow(['dynamodb:GetItem', 'dynamodb:Query'], [this.records.tableArn])]);
  }

  /** For `dump`, which only counts the attempts of a run. */
  toCount(): Grant {
    return this.#grant([allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [this.records.tableArn])]);
  }

  /** Records may be written, the audit log be continued. */
  toWrite(): Grant {
    return this.#grant([allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'], [this.records.tableArn]), this.#audited()]);
  }

  /** Runs and incidents may be ended too, which removes their marks. */
  toEnd(): Grant {
    return this.#grant([...this.toWrite().statements, allow(['dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'], [this.records.tableArn])]);
  }

  /** Records may be read, the audit log be continued. */
  toReadAudited(): Grant {
    return this.#grant([...this.toRead().statements, this.#audited()]);
  }

  /** An entry is created after the one before was read. */
  #audited(): PolicyStatement {
    return allow(['dynamodb:Query', 'dynamodb:PutItem'], [this.audit.tableArn]);
  }

  #grant(statements: PolicyStatement[]): Grant {
    return { environment: { SAUVEGARDE_TABLE: this.records.tableName, SAUVEGARDE_AUDIT_TABLE: this.audit.tableName }, statements };
  }

  #table(id: string, { partitionKey, sortKey }: typeof recordsTable): Table {
    const table = new Table(this, id, {
      partitionKey: { name: partitionKey.name, type: types[partitionKey.type] },
      sortKey: { name: sortKey.name, type: types[sortKey.type] },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    (table.node.defaultChild as CfnTable).overrideLogicalId(id);
    return table;
  }
}

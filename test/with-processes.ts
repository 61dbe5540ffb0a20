/** Tests of rooms of a server's engine, but for those that start nothing. */
const rooms = (server: string, names: string) =>
  `test/core/engines/${server}/${names}/!(address|completeness|grants|make-accounts|session-settings|statement-filter).test.ts`;

/**
 * Test files that start processes, in parts that have workers of their own, in order. Starting a process copies the page
 * tables of its parent, so what takes 1 ms in a small worker takes 20 ms in one of 1 GB: files that grow large themselves
 * (stacks, bundles, vaults of an emulated account) are apart from the others, and the others begin anew now and then.
 * What is in no part runs with processes forbidden (`npm run test:quick`): a file that starts one and is not named here
 * fails with "use --allow-child-process".
 */
export const parts = {
  functions: ['test/functions/!(events).test.ts', 'test/functions/end-to-end/*.test.ts'],
  layers: ['test/layers/!(elf|mirrors).test.ts'],
  large: [
    'test/cli/{smoke,stack*}.test.ts',
    'test/console/browser.test.ts',
    'test/core/bytes/compress.test.ts',
    'test/core/catalogue/dynamodb/*.test.ts',
    'test/core/vault/{full-disk,s3,stores}.test.ts',
    'test/infra/{bundle,lint,stack,synth}.test.ts',
    'test/port-contracts/{dynamodb-catalogue,mailers,s3-vault,step-functions}.test.ts',
    'test/simulation/outage.test.ts',
  ],
  'postgres-dump': [rooms('postgres', '{connect,dump}'), 'test/core/engines/postgres/script/{known-statements,plain-dump,scanner,statements}.test.ts'],
  postgres: ['test/core/engines/postgres/*.test.ts', rooms('postgres', '{prove,restore}')],
  'mysql-dump': [rooms('mysql', '{connect,dump}'), 'test/core/engines/mysql/script/definitions.test.ts'],
  mysql: ['test/core/engines/mysql/*.test.ts', rooms('mysql', '{prove,restore}')],
  cli: ['test/cli/!(alert|audit|chosen-config|rotate-and-hold|smoke|stack*|status|sweep|usage).test.ts'],
  processes: [
    'test/core/aws/channels.test.ts',
    'test/core/aws/secrets.test.ts',
    'test/core/config/config-file.test.ts',
    'test/core/bytes/{program-output,tool}.test.ts',
    'test/core/catalogue/processes.test.ts',
    'test/core/engines/server/scratch/{network,template}.test.ts',
    'test/core/engines/sqlite/!(flaws|pages|random-schemas).test.ts',
    'test/core/mail/{no-row-contents,ses}.test.ts',
    'test/core/operations/backup/{dump-on-build,open,prove-on-build,settle}.test.ts',
    'test/core/operations/keeping/{identities,rebuild,records,soundness,standing,sweep}.test.ts',
    'test/core/operations/orders/{check,verify}.test.ts',
    'test/local/!(scheduler).test.ts',
    'test/support/{mysql-servers,postgres-servers,requirements}.test.ts',
  ],
};

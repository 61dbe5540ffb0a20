/**
 * Test files that start processes and that grow large themselves: stacks, builds, vaults of an emulated account. Starting
 * a process copies the page tables of its parent, so they have workers of their own: what takes 1 ms in a small worker
 * takes 20 ms in one of 1 GB.
 */
export const large = [
  'test/cli/{smoke,stack*}.test.ts',
  'test/console/browser.test.ts',
  'test/core/bytes/compress.test.ts',
  'test/core/catalogue/dynamodb/*.test.ts',
  'test/core/vault/{full-disk,s3,stores}.test.ts',
  'test/functions/!(events).test.ts',
  'test/functions/end-to-end/*.test.ts',
  'test/infra/{bundle,lint,stack,synth}.test.ts',
  'test/layers/!(elf|mirrors).test.ts',
  'test/port-contracts/{dynamodb-catalogue,mailers,s3-vault,step-functions}.test.ts',
  'test/simulation/outage.test.ts',
];

/** Tests of the engine of a server. */
const ofServer = (name: string, script: string) => [
  `test/core/engines/${name}/*.test.ts`,
  `test/core/engines/${name}/{connect,dump,prove,restore}/!(address|completeness|grants|make-accounts|session-settings|statement-filter).test.ts`,
  `test/core/engines/${name}/script/${script}.test.ts`,
];

/** Tests of an engine that start processes. Each engine's begin in new workers, which are still small. */
export const postgres = ofServer('postgres', '{known-statements,plain-dump,scanner,statements}');
export const mysql = ofServer('mysql', 'definitions');

/**
 * All other test files that start processes: servers, tools, commands. What is in none of the lists runs with processes
 * forbidden (`npm run test:quick`): a file that starts one and is not named here fails with "use --allow-child-process".
 */
export const small = [
  'test/cli/!(alert|audit|rotate-and-hold|smoke|stack*|status|sweep|usage).test.ts',
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
];

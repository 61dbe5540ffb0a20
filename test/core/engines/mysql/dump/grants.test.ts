import { expect, it } from 'vitest';
import { grantsOn, may } from '../../../../../core/engines/mysql/dump/grants.ts';

const to = 'TO `u`@`%`';

it.each<[string, string[], boolean]>([
  ['on everything', [`GRANT SELECT, SHOW VIEW ON *.* ${to}`], true],
  ['all, on everything', [`GRANT ALL PRIVILEGES ON *.* ${to} WITH GRANT OPTION`], true],
  ['on the database', [`GRANT USAGE ON *.* ${to}`, `GRANT SELECT ON \`my_shop\`.* ${to}`], true],
  ['on the database with its underscore escaped', [`GRANT SELECT ON \`my\\_shop\`.* ${to}`], true],
  ['on a pattern', [`GRANT SELECT ON \`my%\`.* ${to}`], true],
  ['on another pattern', [`GRANT SELECT ON \`my\\_s\`.* ${to}`], false],
  ['on another database', [`GRANT SELECT ON \`other\`.* ${to}`], false],
  ['on a pattern that a grant on the database itself hides', [`GRANT SELECT ON \`my%\`.* ${to}`, `GRANT EVENT ON \`my\\_shop\`.* ${to}`], false],
  ['on one table', [`GRANT SELECT ON \`my_shop\`.\`person\` ${to}`], false],
  ['on one column', [`GRANT SELECT (\`id\`) ON \`my_shop\`.\`person\` ${to}`], false],
  ['on a procedure', [`GRANT EXECUTE ON PROCEDURE \`my_shop\`.\`p\` ${to}`], false],
  ['on everything but this database', [`GRANT SELECT ON *.* ${to}`, 'REVOKE SELECT ON `my_shop`.* FROM `u`@`%`'], false],
  ['on everything but another database', [`GRANT SELECT ON *.* ${to}`, 'REVOKE SELECT ON `other`.* FROM `u`@`%`'], true],
  ['a role', ['GRANT `r`@`%` TO `u`@`%`'], false],
])('reads a grant %s', (_, lines, expected) => {
  expect(may(grantsOn('my_shop', lines).here, 'SELECT')).toBe(expected);
});

it('reads a database whose name has quotes and what is special in patterns', () => {
  expect(may(grantsOn('a`.*[b](c)\\d', ['GRANT SELECT ON `a``.*[b](c)\\d`.* TO `u`@`%`']).here, 'SELECT')).toBe(true);
  expect(may(grantsOn('aX.*', ['GRANT SELECT ON `a.*`.* TO `u`@`%`']).here, 'SELECT')).toBe(false);
});

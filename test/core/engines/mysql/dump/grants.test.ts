import { expect, it } from 'vitest';
import { grantIn, grantsOn, may } from '../../../../../core/engines/mysql/dump/grants.ts';

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

it.each([
  ['GRANT SELECT ON *.* TO `u`@`%` WITH GRANT OPTION', 'u@%', true],
  ["GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*14E65567' REQUIRE SSL WITH GRANT OPTION MAX_QUERIES_PER_HOUR 5", 'u@%', true],
  ["GRANT USAGE ON *.* TO `u`@`%` REQUIRE SUBJECT '/CN=x WITH GRANT OPTION'", 'u@%', false],
  ["GRANT SELECT ON `a`.* TO 'O''Neil'@'10.%'", "O'Neil@10.%", false],
  ['GRANT SELECT ON `a`.* TO `x@y``z`@`h`', 'x@y`z@h', false],
  ['GRANT SELECT ON `a`.* TO `reader`', 'reader@', false],
  ['GRANT SELECT ON `a`.* TO PUBLIC', 'PUBLIC@', false],
  ['GRANT SELECT ON `a`.* TO ``@`localhost` WITH MAX_USER_CONNECTIONS 2', '@localhost', false],
])('reads to whom a grant is, and keeps no hash: %s', (line, to, option) => {
  const grant = grantIn(line);
  expect(grant).toMatchObject({ to, option });
  expect(JSON.stringify(grant)).not.toContain('14E65567');
});

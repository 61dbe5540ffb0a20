import { expect, it } from 'vitest';
import { hidesStatement } from '../../../../../core/engines/mysql/script/hidden-statement.ts';

const quoting = { backslashEscapes: true, ansiQuotes: false, dollarQuotes: true };
const trigger = 'CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW ';
const everyBlock = `a: BEGIN
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN END; DECLARE CONTINUE HANDLER FOR NOT FOUND SET @done = 1; -- a comment; END
  WHILE 1 DO SET @b = 2; END WHILE; REPEAT SET @c = REPEAT('x; END', 2); UNTIL 1 END REPEAT; l: LOOP LEAVE l; END LOOP l;
  CASE 1 WHEN 2 THEN SELECT end, begin FROM period; ELSE BEGIN END; END CASE;
  IF EXISTS (SELECT 1) THEN SET NEW.end = CASE WHEN 1 THEN IF(a, b, c) ELSE IF ((1), 2, (3)) END; ELSEIF (1) THEN DROP TEMPORARY TABLE IF EXISTS x; ELSE SET @begin = 1; END IF;
END a`;

it.each([
  [`${trigger}SET NEW.a = 'x; y'`],
  [`${trigger}SET NEW.a = 1; -- the end`],
  [`${trigger}IF NEW.a > 1 THEN SET NEW.a = 1; ELSE SET NEW.b = 2; END IF`],
  [`${trigger}${everyBlock}`],
  [`/*!50003 CREATE*/ /*!50017 DEFINER=\`a;\`@\`%\`*/ /*!50003 TRIGGER t BEFORE INSERT ON p FOR EACH ROW ${everyBlock} */`],
  ['CREATE FUNCTION f(a INT) RETURNS INT RETURN CASE a WHEN 1 THEN IF(a, 2, 3) ELSE 2 END'],
  ["CREATE FUNCTION f(a INT) RETURNS INT COMMENT 'x;' RETURN /* ; */ 1 # ; x"],
  ['CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $x$ let a = 1; return a; $x$'],
  ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM x; END'],
])('nothing follows in %j', (definition) => {
  expect(hidesStatement(definition, quoting)).toBe(false);
});

it.each([
  [`${trigger}SET NEW.a = 1; CREATE USER x`],
  [`${trigger}IF NEW.a > 1 THEN SET NEW.a = 1; END IF; CREATE USER x`],
  [`${trigger}${everyBlock}; CREATE USER x`],
  [`${trigger}SET NEW.a = 1 */; /*!50001 CREATE USER x */`],
  [`${trigger}SET NEW.a = 1; /*M!100100 CREATE USER x */`],
  ['CREATE FUNCTION f() RETURNS INT RETURN IF(1, 2, 3); CREATE USER x'],
  ['CREATE FUNCTION f() RETURNS INT RETURN CASE 1 WHEN 1 THEN 2 END; CREATE USER x'],
  ['CREATE FUNCTION f() RETURNS INT RETURN 1; BEGIN END'],
  ['CREATE PROCEDURE p() SELECT 1 AS begin; CREATE USER x'],
  ['CREATE PROCEDURE p() SELECT 1 begin; CREATE USER x'],
  ['CREATE PROCEDURE p() BEGIN END; CREATE USER x; END'],
])('something follows in %j', (definition) => {
  expect(hidesStatement(definition, quoting)).toBe(true);
});

it('a backslash is a letter where the mode says so', () => {
  const definition = "CREATE PROCEDURE p() SELECT '\\'; CREATE USER x -- '";
  expect(hidesStatement(definition, quoting)).toBe(false);
  expect(hidesStatement(definition, { ...quoting, backslashEscapes: false })).toBe(true);
});

/**
 * Tool whose plain dumps are made by hand here: for contents that no server would take, and for every border between
 * chunks.
 */

export type DumpTool = 'MySQL' | 'MariaDB';

const escapes: Record<string, string> = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "\\'", '"': '\\"', '\x1a': '\\Z' };

/**
 * Escapes a string as the C API's mysql_real_escape_string does (documentation, String Literals). Bytes are written as
 * latin1.
 */
export function escaped(text: string): string {
  return `'${Array.from(text, (character) => escapes[character] ?? character).join('')}'`;
}

export function separatorOf(tool: DumpTool): string {
  return tool === 'MariaDB' ? ',\n' : ',';
}

/** Writes INSERTs with these tuples, `each` in one. */
export function inserts(tool: DumpTool, table: string, tuples: string[], each = tuples.length): string {
  const groups = Array.from({ length: Math.ceil(tuples.length / each) }, (_, index) => tuples.slice(index * each, (index + 1) * each));
  const beginning = `INSERT INTO \`${table.replaceAll('`', '``')}\` VALUES${tool === 'MariaDB' ? '\n' : ' '}`;
  return groups.map((group) => `${beginning}${group.join(separatorOf(tool))};\n`).join('');
}

/** Writes a whole dump around these statements. */
export function dumpText(tool: DumpTool, statements: string): string {
  const sandbox = tool === 'MariaDB' ? '/*M!999999\\- enable the sandbox mode */ \n' : '';
  return `${sandbox}-- ${tool} dump 10.19-x, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

${statements}
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-11-22  5:00:00
`;
}

/**
 * Writes a dump with everything that a scan can get wrong: names, strings, comments and bodies that look like something
 * else.
 */
export function awkwardDump(tool: DumpTool): string {
  const tuples = [
    `(1,${escaped('),(')},${escaped('a\\b\'c"d\ne\rf\tg\0h\x1a')},0x00FF2729,-1.5e+20)`,
    `(2,${escaped(';\n')},${escaped('\n/*!50001 DROP TABLE x */;')},b'0101',NULL)`,
    `(3,'it''s '';',${escaped('INSERT INTO `t` VALUES (')},_binary '\\0\xff\xc3\\'\xe9);\\\\',.5)`,
    `(4,'raw\nline);\r\n','\\\\',_binary '',-0)`,
    `(5,'${Buffer.from('é😀—').toString('latin1')}','{\\"a\\": \\"\\\\\\"}) -- # /*\\"}',NULL,1)`,
  ];
  return dumpText(
    tool,
    `
--
-- Table structure for table \`t\`
--

DROP TABLE IF EXISTS \`t\`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE \`t\` (
  \`id\` int NOT NULL COMMENT 'a; "b" ''c'' \\\\',
  \`;\` text /*!80023 INVISIBLE */, -- it's
  # it's; too
  \`a\` text /* it's; a comment */
) ENGINE=InnoDB COMMENT='-- Dump completed\\n';
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES \`t\` WRITE;
/*!40000 ALTER TABLE \`t\` DISABLE KEYS */;
${inserts(tool, 't', tuples, 3)}/*!40000 ALTER TABLE \`t\` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table \`we\`\`ird
-- Dump completed
-- ; '"\xc3\xa9\`
--

CREATE TABLE \`we\`\`ird
Dump completed
; '"\xc3\xa9\` (\`a\` int);
${inserts(tool, 'we`ird\nDump completed\n; \'"\xc3\xa9', ['(1)', '(2)', '(NULL)'], 1)}INSERT INTO \`t\` (\`id\`, \`;\`, row_start) VALUES (6,'',''),${tool === 'MariaDB' ? '\n' : ''}();
CREATE TABLE \`empty\` (\`a\` int);
CREATE SEQUENCE \`s\` start with 1 minvalue 1;
DO SETVAL(\`s\`, -9, 0);
SELECT SETVAL(\`s2\`, 7, 1);
SET @saved_cs_client     = @@character_set_client;
/*!50001 CREATE VIEW \`v\` AS SELECT
 1 AS \`a\`*/;
ALTER DATABASE \`shop\` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`ro;ot\`@\`%\`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN
  SET NEW.a = ';;'; -- don't ;;
  # can't ;;
  SET @b = ";;\\"", @c = \\N; /* it's ;; */
END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ;
DELIMITER ;;
CREATE DEFINER="root"@"localhost" PROCEDURE "p;;"()
SELECT '\\', "x\\;;"
;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
DELIMITER ;;
CREATE DEFINER=\`root\`@\`localhost\` FUNCTION \`f\`(x int) RETURNS int
RETURN x + 1
;;
DELIMITER ;
${tool === 'MySQL' ? "DELIMITER ;;\nCREATE LIBRARY `l`\n    LANGUAGE JAVASCRIPT\nAS $$ it's ;; /\\d/ $ $x$ \"$$ ;;\nCREATE LIBRARY `l$`\n LANGUAGE JAVASCRIPT AS $x$ it's ;; $$ /\\d/ $x$ ;;\nDELIMITER ;\n" : ''}/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=\`root\`@\`localhost\`*/ /*!50106 EVENT \`e\` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;
DELIMITER ;
/*!50001 DROP VIEW IF EXISTS \`v\`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=\`root\`@\`localhost\` SQL SECURITY DEFINER */
/*!50001 VIEW \`v\` AS select \`t\`.\`a\` AS \`a\` from \`t\` where \`t\`.\`a\` <> ';\\'' */;
`,
  );
}

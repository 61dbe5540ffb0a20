/**
 * A database with every kind of object that both families have, and those of each alone. Run it in a new database whose
 * name stands for `$db`, as a user who may do everything.
 */
const ofBoth = `
CREATE TABLE person (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL, born DATE, photo LONGBLOB, flags BIT(10), note TEXT, KEY by_name (name)) CHARACTER SET utf8mb4;
INSERT INTO person (name, born, photo, flags, note) VALUES
  ('Zoë 🦆', '1970-01-01', X'00FF0A0D275C22', b'1010101010', 'a line\\nand a tab\\t, a quote \\' and "another", ),( and a backslash \\\\'),
  ('', NULL, '', b'0', NULL), ('NULL', '1000-01-01', NULL, NULL, ''), ('O''Hara; DROP TABLE person; --', '9999-12-31', X'1A00', b'1', '/*! comment */');
CREATE TABLE visit (person INT NOT NULL, at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), local DATETIME(3), length TIME(2), year YEAR, cost DECIMAL(20, 6), ratio DOUBLE, small FLOAT,
  kind ENUM('a', 'b''c') NOT NULL, several SET('x', 'y', 'z'), FOREIGN KEY (person) REFERENCES person (id) ON DELETE CASCADE, KEY (at));
SET time_zone = '+05:30';
INSERT INTO visit VALUES (1, '2026-03-29 02:30:00.123456', '2026-03-29 02:30:00.5', '-838:59:59', 2155, 12345678901234.567891, 1e308, 1.5, 'a', 'x,z'),
  (1, '1970-01-02 00:00:01', NULL, '00:00:00.01', 1901, -0.000001, -0.1, 3.4e38, 'b''c', '');
CREATE TABLE old_text (id INT PRIMARY KEY, word VARCHAR(50)) CHARACTER SET latin1 COLLATE latin1_german1_ci;
INSERT INTO old_text VALUES (1, 'Zoë à Œuvre'), (2, 'ÿþ');
CREATE TABLE price (net DECIMAL(10, 2), rate DECIMAL(4, 2), gross DECIMAL(12, 2) GENERATED ALWAYS AS (net * rate) STORED, half DECIMAL(12, 2) AS (net / 2) VIRTUAL, KEY (gross));
INSERT INTO price (net, rate) VALUES (10, 1.2), (NULL, 1), (0.01, 9.99);
CREATE TABLE place (id INT PRIMARY KEY, at POINT NOT NULL, area GEOMETRY, data JSON, SPATIAL KEY (at));
INSERT INTO place VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POLYGON((0 0, 0 1, 1 1, 0 0))'), '{"a": [1, 2.5, "é\\\\n"], "b": null}');
CREATE TABLE measured (day DATE NOT NULL, value INT, PRIMARY KEY (day)) PARTITION BY RANGE (YEAR(day)) (PARTITION before2026 VALUES LESS THAN (2026), PARTITION later VALUES LESS THAN MAXVALUE);
INSERT INTO measured VALUES ('2025-06-01', 1), ('2026-06-01', 2), ('1999-01-01', 3);
CREATE TABLE document (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY (body)) COMMENT 'a comment; with '' and \\\\';
INSERT INTO document VALUES (1, 'some words');
CREATE TABLE loose (id INT, word VARCHAR(20)) ENGINE = MyISAM;
INSERT INTO loose VALUES (3, 'c'), (1, 'a'), (2, 'b');
DELETE FROM loose WHERE id = 1;
INSERT INTO loose VALUES (4, 'd');
CREATE TABLE nothing (id INT);
CREATE TABLE \`odd name; -- \`\`x\`\` é\` (\`a column\` INT, \`select\` VARCHAR(10));
INSERT INTO \`odd name; -- \`\`x\`\` é\` VALUES (1, 'x');
CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(200));
CREATE VIEW adult AS SELECT id, name FROM person WHERE born < '2000-01-01';
CREATE VIEW \`a view on a view\` AS SELECT name, CHAR_LENGTH(name) AS length FROM adult;
CREATE SQL SECURITY INVOKER VIEW spent AS SELECT person, SUM(cost) AS cost FROM visit GROUP BY person;
CREATE DEFINER = 'left the company'@'%' VIEW orphan AS SELECT id FROM person;
DELIMITER $$
CREATE TRIGGER person_added AFTER INSERT ON person FOR EACH ROW BEGIN INSERT INTO audit (what) VALUES (CONCAT('added; ', NEW.name)); END $$
CREATE TRIGGER person_changed BEFORE UPDATE ON person FOR EACH ROW SET NEW.note = CONCAT('/* ', NEW.note, ' */ ;;') $$
CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC RETURN n * 2 $$
CREATE PROCEDURE people(IN least INT, OUT found INT) COMMENT 'counts; people' BEGIN
  -- DELIMITER ;
  DECLARE text VARCHAR(20) DEFAULT 'a;b''c';
  SELECT COUNT(*) INTO found FROM person WHERE id >= least;
END $$
CREATE DEFINER = 'left the company'@'%' PROCEDURE abandoned() SQL SECURITY INVOKER SELECT 1 $$
CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE COMMENT 'never' DO BEGIN DELETE FROM audit; END $$
DELIMITER ;
CREATE VIEW calculated AS SELECT doubled(id) AS twice, 'doubled(\`' AS text FROM person;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT';
CREATE PROCEDURE quoted() SELECT "id" || '\\' AS x FROM "person";
SET sql_mode = DEFAULT;
`;

const ofMysql = `
CREATE TABLE modern (id BINARY(16) PRIMARY KEY DEFAULT (UUID_TO_BIN(UUID())), words JSON DEFAULT (JSON_ARRAY()), hidden INT INVISIBLE DEFAULT 7, name VARCHAR(50), embedding VECTOR(3), KEY ((LOWER(name))), CHECK (name <> 'x'));
INSERT INTO modern (id, name, embedding) VALUES (X'000102030405060708090A0B0C0D0E0F', 'Über', STRING_TO_VECTOR('[1,2.5,-3]'));
CREATE TABLE numbered (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, word VARCHAR(10));
INSERT INTO numbered (word) VALUES ('one'), ('two');
CREATE TABLE somewhere (at POINT SRID 4326 NOT NULL, SPATIAL KEY (at));
INSERT INTO somewhere VALUES (ST_GeomFromText('POINT(48.85 2.35)', 4326));
CREATE TABLE parcel (id INT PRIMARY KEY, weight INT);
INSERT INTO parcel VALUES (1, 7);
CREATE JSON DUALITY VIEW parcel_document AS SELECT JSON_DUALITY_OBJECT(WITH (INSERT, UPDATE) '_id': id, 'weight': weight) FROM parcel;
`;

const ofMariadb = `
CREATE SEQUENCE counter START WITH 100 INCREMENT BY 10 CACHE 5;
SELECT NEXTVAL(counter), NEXTVAL(counter);
CREATE TABLE ticket (id INT PRIMARY KEY DEFAULT NEXTVAL(counter), address INET6, key_of UUID, hidden INT INVISIBLE DEFAULT 3);
INSERT INTO ticket (id, address, key_of) VALUES (1, '::ffff:1.2.3.4', '123e4567-e89b-12d3-a456-426655440000');
CREATE TABLE contract (id INT PRIMARY KEY, price INT) WITH SYSTEM VERSIONING;
INSERT INTO contract VALUES (1, 10), (2, 20);
UPDATE contract SET price = 11 WHERE id = 1;
DELETE FROM contract WHERE id = 2;
CREATE TABLE crashsafe (id INT) ENGINE = Aria;
INSERT INTO crashsafe VALUES (1);
`;

/** Returns the script for the client of that family. */
export function everythingOf(family: 'mysql' | 'mariadb'): string {
  return ofBoth + (family === 'mysql' ? ofMysql : ofMariadb);
}

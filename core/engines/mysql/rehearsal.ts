import type { Work } from '../engine.ts';
import { onServer, piece, rehearse as rehearseOn, type Stage, unscheduled } from '../rehearsal.ts';
import { mysqlCard } from './card.ts';
import { Access } from './connect/access.ts';
import { connectionOf } from './connect/connection.ts';
import { dump } from './dump/dump.ts';
import { mysqlError } from './failures.ts';
import { clientOf, type Family, productOf } from './family.ts';
import { prove } from './prove/prove.ts';
import { ScratchServer } from './prove/scratch-server.ts';
import { runScript } from './restore/run-script.ts';

/** A sample of values that a dump must carry unchanged. */
const sample = `
  CREATE DATABASE sample CHARACTER SET utf8mb4;
  USE sample;
  CREATE TABLE person (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, born DATE, photo BLOB);
  INSERT INTO person (name, born, photo) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
    SELECT CONCAT('Zoë ', n), DATE '1970-01-01' + INTERVAL n DAY, UNHEX(SHA2(n, 256)) FROM n;
  CREATE TABLE visit (person INT NOT NULL, at TIMESTAMP NOT NULL, note TEXT, cost DECIMAL(8, 2), twice DECIMAL(9, 2) AS (cost * 2) STORED, FOREIGN KEY (person) REFERENCES person (id));
  INSERT INTO visit (person, at, note, cost) SELECT id, TIMESTAMP '2026-01-01 00:00:00' + INTERVAL id HOUR, IF(id % 2 = 0, 'a quote '' and ),(', NULL), id / 4 FROM person WHERE id <= 500;
  CREATE VIEW visitor AS SELECT name, at FROM person JOIN visit ON person.id = visit.person;
  CREATE TRIGGER visited BEFORE INSERT ON visit FOR EACH ROW SET NEW.note = COALESCE(NEW.note, '');
  CREATE PROCEDURE visits() SELECT COUNT(*) FROM visit;
`;

export function rehearse(family: Family, work: Omit<Work, 'reveal'>): AsyncGenerator<string, void, void> {
  return rehearseOn({ ...onServer(productOf[family]), engine: { dump, prove }, begin: (rehearsing) => begin(family, rehearsing) }, work);
}

async function begin(family: Family, work: Omit<Work, 'reveal'>): Promise<Stage> {
  const server = await ScratchServer.start({
    family,
    launch: await work.tools.server(family, work.signal),
    scratch: work.scratch,
    templates: work.tools.templates,
    signal: work.signal,
  });
  const url = `mysql://${server.user}@localhost/sample?socket=${encodeURIComponent(server.socket)}&ssl-mode=DISABLED`;
  return {
    ended: server.ended,
    source: { ...mysqlCard.database.parse({ engine: 'mysql', connection: { url } }), ...unscheduled },
    async make(making) {
      await using access = await Access.open(connectionOf(url), making.scratch);
      const { status, complaint } = await runScript(making, piece(Buffer.from(sample)), { family, access });
      if (status !== 0) throw mysqlError(clientOf[family], status, complaint);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';

/** Returns the server of that kind (`server-broker.ts`) that all test files share. */
export async function sharedServer<Server>(kind: string): Promise<Server> {
  const connection = connect(inject('serverBroker'), '127.0.0.1');
  connection.end(`${kind}\n`);
  const answer = JSON.parse(await text(connection)) as { server: Server } | { error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer.server;
}

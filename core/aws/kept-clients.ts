/** Clients that were made, by their names. Apart from the SDK, so that a command that needs none loads none. */
const made = new Map<string, { destroy(): void }>();

/** Returns the client of that name, which is made when it is first asked for and then kept. */
export function kept<Client extends { destroy(): void }>(name: string, make: () => Client): Client {
  const client = (made.get(name) as Client | undefined) ?? make();
  made.set(name, client);
  return client;
}

/** Closes the connections of all clients and forgets them. The next ones read the environment anew. */
export function endClients(): void {
  for (const client of made.values()) client.destroy();
  made.clear();
}

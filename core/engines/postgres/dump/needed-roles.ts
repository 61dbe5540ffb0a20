/** The roles that a dump names, by why it names them; the first list holds all. */
export interface NamedRoles {
  roles: string[];
  owners?: string[] | undefined;
  definitionRoles?: string[] | undefined;
}

export interface LeftOut {
  owners: boolean;
  privileges: boolean;
}

/** The roles that are still needed. Without privileges only owners are named, and what no option leaves out; without owners alone, grants still name anybody. */
export function neededRoles({ roles, owners = [], definitionRoles = [] }: NamedRoles, without: LeftOut): string[] {
  if (!without.privileges) return roles;
  return without.owners ? definitionRoles : [...new Set([...owners, ...definitionRoles])];
}

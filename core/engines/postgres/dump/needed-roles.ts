/** Roles that a dump names, by reason; `roles` holds them all. */
export interface NamedRoles {
  roles: string[];
  owners?: string[] | undefined;
  definitionRoles?: string[] | undefined;
}

export interface LeftOut {
  owners: boolean;
  privileges: boolean;
}

/**
 * Returns the roles that a restore still needs. Without privileges, a dump names owners and the roles that no option
 * leaves out. Without owners alone, grants can still name any role.
 */
export function neededRoles({ roles, owners = [], definitionRoles = [] }: NamedRoles, without: LeftOut): string[] {
  if (!without.privileges) return roles;
  return without.owners ? definitionRoles : [...new Set([...owners, ...definitionRoles])];
}

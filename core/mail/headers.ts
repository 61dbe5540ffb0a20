/** Marks a mail that no person wrote (RFC 3834). */
export const headers = { 'Auto-Submitted': 'auto-generated' };

/**
 * Who asks, and what they may do: principals, permissions, roles, scopes and the one check. Holds no SQL and depends on
 * nothing; who belongs to which project is told by {@link millrace.access.Memberships}, which the project room
 * implements.
 */
@NullMarked
package millrace.access;

import org.jspecify.annotations.NullMarked;

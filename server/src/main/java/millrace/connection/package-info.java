/** Credentials that steps use and variables of projects: encrypted at rest, decrypted only for a run's call. */
@NullMarked
package millrace.connection;

import org.jspecify.annotations.NullMarked;

/** Measures a server from outside, on loopback, beside the database's own rate in the same run. */
@NullMarked
package millrace.bench;

import org.jspecify.annotations.NullMarked;

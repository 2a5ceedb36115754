/** The pieces written in Java, one file each, and the guarded way to the outside that they use. Sees no room of the server. */
@NullMarked
package millrace.pieces;

import org.jspecify.annotations.NullMarked;

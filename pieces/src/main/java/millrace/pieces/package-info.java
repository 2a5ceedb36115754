/** Placeholder sentence, replaced with the room's own. */
@NullMarked
package millrace.pieces;

import org.jspecify.annotations.NullMarked;

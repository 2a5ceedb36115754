/** Placeholder sentence, replaced with the room's own. */
@NullMarked
package millrace.bench;

import org.jspecify.annotations.NullMarked;

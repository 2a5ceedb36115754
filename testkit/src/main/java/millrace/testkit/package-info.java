/** Placeholder sentence, replaced with the room's own. */
@NullMarked
package millrace.testkit;

import org.jspecify.annotations.NullMarked;

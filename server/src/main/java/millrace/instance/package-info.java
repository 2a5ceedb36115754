/** What this installation tells everybody about itself: whether it is well, and its flags. */
@NullMarked
package millrace.instance;

import org.jspecify.annotations.NullMarked;

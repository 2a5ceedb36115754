/** What the server does by itself, again and again: days to come are made, days that are over are removed. */
@NullMarked
package millrace.retention;

import org.jspecify.annotations.NullMarked;

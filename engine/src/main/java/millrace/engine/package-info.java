/** The run's state machine: values in, commands out. No clock, thread, socket, SQL or logger. */
@NullMarked
package millrace.engine;

import org.jspecify.annotations.NullMarked;

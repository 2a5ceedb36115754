/**
 * What users see of executions: start, list, read. {@link millrace.run.RunDriver} is the one loop in which a run
 * executes; all moments at which something becomes durable or leaves the system stand in it.
 */
@NullMarked
package millrace.run;

import org.jspecify.annotations.NullMarked;

/**
 * Who runs what: the process's lease and its lanes, the claiming of runs without an owner, the takeover of runs whose
 * process died, and the slots that bound how many runs are active at once.
 */
@NullMarked
package millrace.dispatch;

import org.jspecify.annotations.NullMarked;

/**
 * News for browsers as they happen: what changes in the runs of a project, as server-sent events, as long as somebody
 * listens. The journal tells that a run has changed; what is told is read from the database.
 */
@NullMarked
package millrace.notify;

import org.jspecify.annotations.NullMarked;

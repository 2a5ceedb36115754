/**
 * What tests and the bench share: a server in this process or in one of its own, databases to start it on, a client,
 * builders of flows and a small server that answers what it was asked.
 */
@NullMarked
package millrace.testkit;

import org.jspecify.annotations.NullMarked;

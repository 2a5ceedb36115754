/**
 * Expressions in step inputs and the conditions of routers (reference/engine-semantics §5, flow-format §6). Plain paths
 * are evaluated here; everything that needs JavaScript is handed out as source and its result handed in.
 */
@NullMarked
package millrace.expression;

import org.jspecify.annotations.NullMarked;

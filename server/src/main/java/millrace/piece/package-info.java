/**
 * Runs what users write in JavaScript: code steps and computed expressions, in Node processes (design §4 and §9).
 * {@link millrace.piece.HostPool} is the inner door. Pure code shares hosts that an operating-system wall shuts in;
 * everything else gets a host of its project.
 */
@NullMarked
package millrace.piece;

import org.jspecify.annotations.NullMarked;

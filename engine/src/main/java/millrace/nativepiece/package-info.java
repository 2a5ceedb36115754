/**
 * The piece interface: what an integration written in Java declares (properties, actions, triggers, pure or effectful)
 * and what it may use (its inputs and a guarded HTTP client). Definitions serve three readers: the run loop calls them,
 * the flow editor checks inputs against their properties, the API shows them as metadata. No I/O here.
 */
@NullMarked
package millrace.nativepiece;

import org.jspecify.annotations.NullMarked;

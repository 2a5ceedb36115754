/**
 * Flows: their rows, versions and folders; every edit, publishing, and what the webhook path needs to know of them. A
 * version's document is the engine's ({@link millrace.definition}); here are the rules around it.
 */
@NullMarked
package millrace.flow;

import org.jspecify.annotations.NullMarked;

/**
 * The key-value store of each project (reference/rest-api §11): what pieces remember between runs. Steps of native pieces
 * change it with the flush of their record ({@code FlushChanges} in {@code database}); what is written here, for engine
 * tokens, commits at once. Both lock an entry by its name before they look.
 */
@NullMarked
package millrace.keyvalue;

import org.jspecify.annotations.NullMarked;

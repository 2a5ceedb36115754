/**
 * What a trigger or a waiting step gets of an HTTP request: {@link millrace.payload.WebhookBody} turns method, headers,
 * query and bytes into one JSON payload and keeps files aside.
 */
@NullMarked
package millrace.payload;

import org.jspecify.annotations.NullMarked;

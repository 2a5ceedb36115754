/** What starts runs: webhooks, and later schedules, polling and app events. Turns a delivery into runs. */
@NullMarked
package millrace.trigger;

import org.jspecify.annotations.NullMarked;

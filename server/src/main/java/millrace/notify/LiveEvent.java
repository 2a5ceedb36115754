package millrace.notify;

/**
 * One event as a listener gets it (reference/engine-semantics §16).
 *
 * @param number counts the events of a project in this process
 * @param name {@code UPDATE_RUN_PROGRESS}, …
 * @param data written as JSON
 */
record LiveEvent(long number, String name, Object data) {}

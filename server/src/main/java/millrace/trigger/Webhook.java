package millrace.trigger;

import millrace.engine.RunEnvironment;

/**
 * How a webhook route treats a delivery (reference/rest-api §6).
 *
 * @param sync whether the caller waits for the flow's answer
 * @param draft whether the latest version is used, even when another one is published
 * @param runs whether runs are started at all
 */
record Webhook(boolean sync, boolean draft, boolean runs) {
    static final Webhook ASYNC = new Webhook(false, false, true);
    static final Webhook SYNC = new Webhook(true, false, true);
    static final Webhook DRAFT = new Webhook(false, true, true);
    static final Webhook DRAFT_SYNC = new Webhook(true, true, true);
    static final Webhook TEST = new Webhook(false, true, false);

    private static final int HIGH = 2;
    private static final int MEDIUM = 3;

    RunEnvironment environment() {
        return draft ? RunEnvironment.TESTING : RunEnvironment.PRODUCTION;
    }

    /** Priorities of reference/engine-semantics §13.1: whoever waits goes first. */
    int priority() {
        return sync || draft ? HIGH : MEDIUM;
    }
}

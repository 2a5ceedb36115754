package millrace;

import millrace.config.Settings;

/** The composition root: builds every room in the order of dependency and closes them in reverse. */
public final class Millrace implements AutoCloseable {
    private Millrace() {}

    /** Starts the server; when this returns, it answers requests. */
    public static Millrace start(Settings settings) {
        throw new IllegalStateException(
                "no room is open yet in " + settings.server().environment());
    }

    /** The port on which the server listens. */
    public int port() {
        return 0;
    }

    @Override
    public void close() {}
}

package millrace.journal;

import java.util.concurrent.atomic.AtomicReference;

/**
 * By which the caller of a run may take it back, as long as nothing of it can be in the database: then nothing of it is
 * ever written. Safe for all threads.
 */
public final class Recall {
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    private enum State {
        WAITING,
        /** A statement that would write it is under way. */
        SENDING,
        /** It is written, or may be. */
        SENT,
        RECALLED
    }

    /**
     * Takes the run back.
     *
     * @return false when it is too late: it is written, or its commit is under way
     */
    public boolean recall() {
        return state.compareAndSet(State.WAITING, State.RECALLED) || state.get() == State.RECALLED;
    }

    boolean recalled() {
        return state.get() == State.RECALLED;
    }

    /** Before something of the run is sent; false when it was taken back. */
    boolean sending() {
        state.compareAndSet(State.WAITING, State.SENDING);
        return !recalled();
    }

    /** After an attempt to write. */
    void sent(boolean mayBeWritten) {
        state.compareAndSet(State.SENDING, mayBeWritten ? State.SENT : State.WAITING);
    }
}

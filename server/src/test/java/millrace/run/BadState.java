package millrace.run;

/** States that a correct protocol survives; a simulation that never gets into them proves nothing. */
enum BadState {
    CRASH_BETWEEN_BARRIER_AND_EFFECT,
    CRASH_BETWEEN_EFFECT_AND_RECORD,
    /** A flush was committed, and its process never heard of it. */
    FLUSH_WITHOUT_ACKNOWLEDGEMENT,
    /** Runs were claimed for a process that never heard of them. */
    CLAIM_WITHOUT_ACKNOWLEDGEMENT,
    /** A statement was executed long after its connection was given up. */
    STATEMENT_EXECUTED_LATE,
    /** A process was declared dead between the sending of a flush and its execution. */
    TAKEOVER_DURING_FLUSH,
    /** A process that was declared dead tried to write. */
    ZOMBIE_FLUSH_REFUSED,
    /** A process that was declared dead woke up and sent the request that it was about to send. */
    ZOMBIE_EFFECT,
    LIVING_PROCESS_DECLARED_DEAD,
    EFFECT_REPEATED,
    EFFECT_WAITED_FOR_THE_LEASE,
    CRASH_BETWEEN_TWO_ATTEMPTS,
    RUN_TAKEN_OVER_TOO_OFTEN
}

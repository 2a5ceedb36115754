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
    RUN_TAKEN_OVER_TOO_OFTEN,
    /** A waitpoint was answered before its run waited there. */
    ANSWERED_BEFORE_THE_PAUSE,
    /** A second answer came to the same waitpoint. */
    ANSWERED_TWICE,
    /** A process died between the claim of a run that goes on and the first record of that. */
    TAKEN_UP_TWICE_AFTER_A_PAUSE,
    /** The called run had ended before its caller's process heard of the pause. */
    CALLED_RUN_ENDED,
    ASKED_ABOUT_A_DOUBT,
    TOLD_THAT_IT_HAPPENED,
    TOLD_THAT_IT_DID_NOT_HAPPEN,
    FAILED_BY_A_DOUBT,
    CANCELED_WHILE_IT_WAITED,
    CANCELED_WHILE_IT_RAN,
    RETRIED_FROM_THE_FAILED_STEP,
    /** A step asked the database for something while it was away. */
    LOOKED_UP_WHILE_THE_DATABASE_WAS_AWAY
}

package millrace.database;

/**
 * A writer's right to commit: one lane of one process, in the epoch that it was given. Takeover raises the epoch, and
 * from then on nothing is written under the old one.
 */
public record Lane(String processId, int number, long epoch) {

    /** The same lane in its next epoch. */
    public Lane next() {
        return new Lane(processId, number, epoch + 1);
    }
}

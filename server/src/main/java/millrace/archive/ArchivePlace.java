package millrace.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where an archive lies, or will: a file of this machine or an object of a bucket. Its text is its address. */
public sealed interface ArchivePlace permits FilePlace, ObjectPlace {
    /** The last part of its address. */
    String name();

    /** Says which contents are there, without reading them; empty when there are none. */
    Optional<String> version();

    /** The archive's bytes from the first on. @throws ArchiveRefusal when there are none */
    Contents open();

    /** @param size of all, in bytes */
    record Contents(InputStream in, long size) {}

    /** Begins to write, and removes what killed backups have left beside. */
    Draft begin(Instant now) throws IOException;

    /** An archive that is not there before it is complete. */
    interface Draft extends AutoCloseable {
        OutputStream out();

        /** Puts it under its name; when this returns, all of it outlasts a loss of power. */
        void complete() throws IOException;

        /** Nothing is left of one that is not complete. Safe to call twice and from another thread. */
        @Override
        void close() throws IOException;
    }

    /** Where it is among others, for people. */
    String folder();

    /** The archives that are directly beside it, or would be. */
    List<ArchivePlace> archives() throws IOException;

    /** Removes it; none is fine. */
    void remove() throws IOException;

    /** Removes the archives beside this one that were last changed before; what is no archive stays. */
    List<String> removeOlder(Instant before) throws IOException;

    /** What failed, for the operator, and what repairs it. */
    ArchiveRefusal refusal(String what, Exception e);
}

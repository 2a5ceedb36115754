package millrace.journal;

import java.util.ArrayList;
import java.util.List;
import millrace.engine.JournalRecord;
import millrace.engine.RecordCodec;

/** Reads packed documents back into records. */
public final class JournalReader {
    private JournalReader() {}

    /**
     * @param documents the documents of one run, in order
     * @param blobs gives what is kept beside the journal
     */
    public static List<JournalRecord> read(List<byte[]> documents, Blobs blobs) {
        var records = new ArrayList<JournalRecord>();
        RecordCodec.Beside beside = path -> JournalDocument.unpackBeside(part -> blobs.find(path, part));
        for (var document : documents) {
            records.addAll(JournalDocument.unpack(document, beside));
        }
        return records;
    }

    /** Where the large values of one run are, each in parts from 0, under the path of its step. */
    @FunctionalInterface
    public interface Blobs {
        byte[] find(String path, int part);
    }
}

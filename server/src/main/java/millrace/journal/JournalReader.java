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
     * @param blobs gives the packed value that is kept beside the journal, by step path
     */
    public static List<JournalRecord> read(List<byte[]> documents, Blobs blobs) {
        var records = new ArrayList<JournalRecord>();
        RecordCodec.Beside beside = path -> JournalDocument.unpackBlob(blobs.find(path));
        for (var document : documents) {
            records.addAll(JournalDocument.unpack(document, beside));
        }
        return records;
    }

    /** Where the large values of one run are. */
    @FunctionalInterface
    public interface Blobs {
        byte[] find(String path);
    }
}

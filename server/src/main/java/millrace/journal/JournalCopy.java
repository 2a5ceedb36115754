package millrace.journal;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import millrace.database.RunFlush;
import millrace.engine.JournalRecord;
import millrace.engine.RecordCodec;

/**
 * Records packed as a run writes them, for a run that begins with them.
 *
 * @param documents in order, each a journal row
 * @param blobs outputs that lie beside the journal
 */
public record JournalCopy(List<byte[]> documents, List<RunFlush.BlobRow> blobs) {
    private static final int DOCUMENT_ABOVE = 64 * 1024;

    public JournalCopy {
        documents = List.copyOf(documents);
        blobs = List.copyOf(blobs);
    }

    public static JournalCopy of(List<JournalRecord> records) {
        var documents = new ArrayList<byte[]>();
        var blobs = new ArrayList<RunFlush.BlobRow>();
        var buffer = new ByteArrayOutputStream();
        for (var record : records) {
            RecordCodec.write(buffer, record, RunJournal.putBeside(record, blobs::add));
            if (buffer.size() > DOCUMENT_ABOVE) {
                documents.add(JournalDocument.pack(buffer.toByteArray(), buffer.size()));
                buffer.reset();
            }
        }
        if (buffer.size() > 0) {
            documents.add(JournalDocument.pack(buffer.toByteArray(), buffer.size()));
        }
        return new JournalCopy(documents, blobs);
    }
}

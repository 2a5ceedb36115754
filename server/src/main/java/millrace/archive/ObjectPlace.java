package millrace.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import millrace.config.S3Settings;

/**
 * An object of a bucket. It is written in parts, each as large as what is kept in memory; the object is there once the
 * service has put them together.
 */
record ObjectPlace(S3Settings s3, String bucket, String key) implements ArchivePlace {
    private static final int PART = 16 << 20;
    /** There may be 10,000 parts: later ones are larger, which makes 880 GB. */
    private static final int PARTS_OF_ONE_SIZE = 1_000;

    private static final int READ = 8 << 20;
    /** Nobody writes one backup for so long: what has is left over. */
    private static final Duration LONGEST = Duration.ofDays(1);

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + key;
    }

    @Override
    public String name() {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    /** What is beside it begins so. */
    private String prefix() {
        return key.substring(0, key.lastIndexOf('/') + 1);
    }

    @Override
    public Optional<String> version() {
        try (var service = new S3Service(s3, bucket)) {
            return service.find(key).map(found -> found.size() + " bytes of " + found.tag());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Contents open() {
        S3Service service = null;
        try {
            service = new S3Service(s3, bucket);
            var found = service.find(key).orElseThrow(() -> new ArchiveRefusal("there is no archive " + this));
            var in = new ObjectStream(service, found);
            service = null;
            return new Contents(in, found.size());
        } catch (IOException e) {
            throw refusal("the archive " + this + " can't be read", e);
        } finally {
            if (service != null) {
                service.close();
            }
        }
    }

    /** Reads in ranges, so that no connection stays open while a database takes its time, and none is half the object. */
    private final class ObjectStream extends InputStream {
        private final S3Service service;
        private final S3Service.Found found;
        private byte[] range = {};
        private int at;
        private long next;

        ObjectStream(S3Service service, S3Service.Found found) {
            this.service = service;
            this.found = found;
        }

        private boolean ended() throws IOException {
            if (at == range.length && next < found.size()) {
                range = service.read(key, found.tag(), next, Math.min(found.size(), next + READ));
                next += range.length;
                at = 0;
            }
            return at == range.length;
        }

        @Override
        public int read() throws IOException {
            return ended() ? -1 : range[at++] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (ended()) {
                return -1;
            }
            int count = Math.min(length, range.length - at);
            System.arraycopy(range, at, bytes, from, count);
            at += count;
            return count;
        }

        @Override
        public void close() {
            service.close();
        }
    }

    @Override
    public Draft begin(Instant now) throws IOException {
        var service = new S3Service(s3, bucket);
        try {
            service.abandonBefore(prefix(), now.minus(LONGEST));
            return new ObjectDraft(service, service.begin(key));
        } catch (IOException | RuntimeException e) {
            service.close();
            throw e;
        }
    }

    private final class ObjectDraft extends OutputStream implements Draft {
        private final S3Service service;
        private final String upload;
        private final List<String> parts = new ArrayList<>();
        private byte[] part = new byte[PART];
        private int filled;
        private long written;
        private boolean done;

        ObjectDraft(S3Service service, String upload) {
            this.service = service;
            this.upload = upload;
        }

        @Override
        public OutputStream out() {
            return this;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            for (int at = from; at < from + length; ) {
                if (filled == part.length) {
                    send();
                }
                int count = Math.min(part.length - filled, from + length - at);
                System.arraycopy(bytes, at, part, filled, count);
                filled += count;
                at += count;
            }
        }

        private void send() throws IOException {
            parts.add(service.send(key, upload, parts.size() + 1, part, filled));
            written += filled;
            filled = 0;
            int size = PART * (1 + parts.size() / PARTS_OF_ONE_SIZE);
            part = part.length == size ? part : new byte[size];
        }

        @Override
        public void complete() throws IOException {
            if (filled > 0 || parts.isEmpty()) {
                send();
            }
            service.complete(key, upload, parts);
            synchronized (this) {
                done = true;
            }
            try {
                long found = service.find(key).map(S3Service.Found::size).orElse(0L);
                if (found != written) {
                    throw new IOException("of " + written + " bytes it has " + found);
                }
            } catch (IOException e) {
                service.delete(key);
                throw e;
            }
        }

        @Override
        public synchronized void close() throws IOException {
            try {
                if (!done) {
                    done = true;
                    service.abandon(key, upload);
                }
            } finally {
                service.close();
            }
        }
    }

    @Override
    public String folder() {
        return "s3://" + bucket + "/" + prefix();
    }

    @Override
    public List<ArchivePlace> archives() throws IOException {
        var found = new ArrayList<ArchivePlace>();
        try (var service = new S3Service(s3, bucket)) {
            for (var object : service.list(prefix())) {
                if (isArchive(service, object)) {
                    found.add(new ObjectPlace(s3, bucket, object.key()));
                }
            }
        }
        return found;
    }

    @Override
    public void remove() throws IOException {
        try (var service = new S3Service(s3, bucket)) {
            service.delete(key);
        }
    }

    @Override
    public List<String> removeOlder(Instant before) throws IOException {
        var removed = new ArrayList<String>();
        try (var service = new S3Service(s3, bucket)) {
            for (var object : service.list(prefix())) {
                if (!object.key().equals(key) && object.changed().isBefore(before) && isArchive(service, object)) {
                    service.delete(object.key());
                    removed.add("s3://" + bucket + "/" + object.key());
                }
            }
        }
        return removed;
    }

    private static boolean isArchive(S3Service service, S3Service.Listed object) throws IOException {
        int length = ArchiveWriter.FIRST_LINE.length;
        return object.size() > length
                && Arrays.equals(service.read(object.key(), object.tag(), 0, length), ArchiveWriter.FIRST_LINE);
    }

    @Override
    public ArchiveRefusal refusal(String what, Exception e) {
        return new ArchiveRefusal(what + ": " + S3Service.reason(e, s3), e);
    }
}

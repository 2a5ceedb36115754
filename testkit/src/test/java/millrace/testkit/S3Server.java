package millrace.testkit;

import com.google.common.collect.ImmutableList;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobApiMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.MultipartUpload;
import org.jclouds.blobstore.domain.StorageMetadata;
import org.jclouds.blobstore.options.ListContainerOptions;

/** An S3 service on loopback (S3Proxy) with one bucket, in memory; it checks signatures. */
final class S3Server implements AutoCloseable {
    static final String BUCKET = "safe";
    static final String SECRET = "the-secret-of-the-test";
    private static final String KEY = "access";

    private final BlobStoreContext context;
    private final S3Proxy server;

    S3Server() {
        try {
            context = ContextBuilder.newBuilder(new TransientNio2BlobApiMetadata())
                    .credentials("identity", "credential")
                    .build(BlobStoreContext.class);
            store().createContainerInLocation(null, BUCKET);
            server = S3Proxy.builder()
                    .blobStore(store())
                    .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                    .endpoint(URI.create("http://127.0.0.1:0"))
                    .build();
            server.start();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    Map<String, String> settings() {
        return Map.of(
                "AP_S3_ENDPOINT", "http://127.0.0.1:" + server.getPort(),
                "AP_S3_REGION", "eu-central-1",
                "AP_S3_BUCKET", BUCKET,
                "AP_S3_ACCESS_KEY_ID", KEY,
                "AP_S3_SECRET_ACCESS_KEY", SECRET);
    }

    /** What is in the bucket, looked at from behind. */
    BlobStore store() {
        return context.getBlobStore();
    }

    /** Not those that S3Proxy makes for uploads. */
    List<String> keys() {
        var uploads = uploads().stream().map(MultipartUpload::id).toList();
        return store().list(BUCKET, ListContainerOptions.Builder.recursive()).stream()
                .map(StorageMetadata::getName)
                .filter(key -> !key.startsWith(".mpus-") && !uploads.contains(key))
                .toList();
    }

    List<MultipartUpload> uploads() {
        return ImmutableList.copyOf(store().listMultipartUploads(BUCKET));
    }

    void put(String key, String text) {
        store().putBlob(BUCKET, store().blobBuilder(key).payload(text).build());
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        context.close();
    }
}

package millrace.archive;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import millrace.config.S3Settings;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * One bucket of an S3 service. The only class that knows the client's library; it is loaded with the first use of a
 * bucket. Asks for nothing that a service other than AWS's may lack: checksums by Content-MD5, bodies of a known length.
 */
final class S3Service implements AutoCloseable {
    private static final int NOT_FOUND = 404;

    private final S3Client client;
    private final String bucket;

    S3Service(S3Settings settings, String bucket) {
        this.bucket = bucket;
        var builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(Duration.ofSeconds(10))
                        .socketTimeout(Duration.ofMinutes(2)))
                .region(Region.of(settings.region()))
                .credentialsProvider(credentials(settings))
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        var endpoint = settings.endpoint();
        if (endpoint != null) {
            builder.endpointOverride(endpoint).forcePathStyle(true);
        }
        this.client = builder.build();
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        return settings.role()
                ? DefaultCredentialsProvider.builder().build()
                : StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        Objects.requireNonNull(settings.accessKeyId()),
                        Objects.requireNonNull(settings.secretAccessKey()).value()));
    }

    /** @param tag changes with the contents */
    record Found(long size, String tag) {}

    record Listed(String key, long size, String tag, Instant changed) {}

    Optional<Found> find(String key) throws IOException {
        try {
            var head = client.headObject(request -> request.bucket(bucket).key(key));
            return Optional.of(new Found(head.contentLength(), head.eTag()));
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                return Optional.empty();
            }
            throw new IOException(e);
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** The bytes from the first of these on, up to but without the second. */
    byte[] read(String key, String tag, long from, long to) throws IOException {
        try (ResponseInputStream<GetObjectResponse> in = client.getObject(
                request -> request.bucket(bucket).key(key).ifMatch(tag).range("bytes=" + from + "-" + (to - 1)))) {
            var bytes = in.readNBytes((int) (to - from));
            if (bytes.length < to - from) {
                throw new IOException("the service sent " + bytes.length + " bytes of " + (to - from));
            }
            return bytes;
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** Only those whose keys have no further slash. */
    List<Listed> list(String prefix) throws IOException {
        try {
            return client
                    .listObjectsV2Paginator(
                            request -> request.bucket(bucket).prefix(prefix).delimiter("/"))
                    .contents()
                    .stream()
                    .map(one -> new Listed(one.key(), one.size(), one.eTag(), one.lastModified()))
                    .toList();
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    void delete(String key) throws IOException {
        try {
            client.deleteObject(request -> request.bucket(bucket).key(key));
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** @return the upload's id */
    String begin(String key) throws IOException {
        try {
            return client.createMultipartUpload(
                            request -> request.bucket(bucket).key(key).contentType("application/octet-stream"))
                    .uploadId();
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** @return the part's tag */
    String send(String key, String upload, int number, byte[] bytes, int length) throws IOException {
        try {
            var digest = MessageDigest.getInstance("MD5");
            digest.update(bytes, 0, length);
            var md5 = Base64.getEncoder().encodeToString(digest.digest());
            return client.uploadPart(
                            request -> request.bucket(bucket)
                                    .key(key)
                                    .uploadId(upload)
                                    .partNumber(number)
                                    .contentMD5(md5)
                                    .contentLength((long) length),
                            RequestBody.fromContentProvider(
                                    () -> new ByteArrayInputStream(bytes, 0, length),
                                    length,
                                    "application/octet-stream"))
                    .eTag();
        } catch (SdkException e) {
            throw new IOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    void complete(String key, String upload, List<String> tags) throws IOException {
        var parts = IntStream.range(0, tags.size())
                .mapToObj(i -> CompletedPart.builder()
                        .partNumber(i + 1)
                        .eTag(tags.get(i))
                        .build())
                .toList();
        try {
            client.completeMultipartUpload(request ->
                    request.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts)));
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    void abandon(String key, String upload) throws IOException {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(bucket).key(key).uploadId(upload));
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** Uploads that killed processes have left, and whose parts the service keeps and charges for. */
    void abandonBefore(String prefix, Instant moment) throws IOException {
        for (var one : uploads(prefix)) {
            if (one.initiated() != null && one.initiated().isBefore(moment)) {
                abandon(one.key(), one.uploadId());
            }
        }
    }

    private List<MultipartUpload> uploads(String prefix) {
        try {
            return client.listMultipartUploads(request -> request.bucket(bucket).prefix(prefix))
                    .uploads();
        } catch (SdkException e) {
            // Who may not list them, or a service that can't, still writes; what else is wrong shows there.
            return List.of();
        }
    }

    /** What went wrong, and the setting that repairs it. */
    static String reason(Exception failure, S3Settings settings) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof SdkException)) {
            cause = cause.getCause();
        }
        if (cause instanceof S3Exception refused) {
            var details = refused.awsErrorDetails();
            var code = details == null || details.errorCode() == null ? "" : details.errorCode();
            var message = details == null || details.errorMessage() == null ? "" : details.errorMessage();
            return "the S3 service answered " + refused.statusCode() + (code.isEmpty() ? "" : " " + code)
                    + (message.isEmpty()
                            ? ""
                            : " (" + message.replaceAll("\\s+", " ").strip() + ")") + "; "
                    + repair(refused.statusCode(), code);
        }
        if (cause instanceof SdkException) {
            var deepest = cause;
            while (deepest.getCause() != null) {
                deepest = deepest.getCause();
            }
            return "the S3 service " + (settings.endpoint() == null ? "" : settings.endpoint() + " ")
                    + "can't be used: " + deepest.getMessage() + "; "
                    + (settings.role()
                            ? "see AP_S3_ENDPOINT, AP_S3_REGION and the role of this process (AP_S3_USE_IRSA)"
                            : "see AP_S3_ENDPOINT and AP_S3_REGION");
        }
        return failure.getMessage() + "; run it again";
    }

    private static String repair(int status, String code) {
        return switch (code) {
            case "NoSuchBucket" -> "make the bucket, or name another in AP_BACKUP_LOCATION or AP_S3_BUCKET";
            case "InvalidAccessKeyId" -> "set AP_S3_ACCESS_KEY_ID";
            case "SignatureDoesNotMatch" -> "set AP_S3_SECRET_ACCESS_KEY";
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException" ->
                "set AP_S3_REGION to the bucket's";
            case "PreconditionFailed" -> "the object has changed meanwhile: run it again";
            default ->
                switch (status) {
                    case 301, 307 -> "set AP_S3_REGION to the bucket's";
                    case 403 ->
                        "allow the key s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject,"
                                + " s3:AbortMultipartUpload and s3:ListBucketMultipartUploads there, or set"
                                + " AP_S3_ACCESS_KEY_ID and AP_S3_SECRET_ACCESS_KEY";
                    case NOT_FOUND -> "see whether the bucket is there (AP_BACKUP_LOCATION, AP_S3_BUCKET)";
                    default -> "run it again, or see AP_S3_ENDPOINT";
                };
        };
    }

    @Override
    public void close() {
        client.close();
    }
}

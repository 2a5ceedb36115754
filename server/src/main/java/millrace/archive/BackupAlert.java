package millrace.archive;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import millrace.config.Secret;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the operator's webhook that a backup of the server failed. */
final class BackupAlert {
    private static final Logger log = LoggerFactory.getLogger(BackupAlert.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int TRIES = 3;
    private static final int FIRST_ERROR = 400;

    private final @Nullable Secret url;

    BackupAlert(@Nullable Secret url) {
        this.url = url;
    }

    /** Returns when it was told or three tries have failed; a failure is a line in the log, without the address. */
    void failed(String database, String id, Instant moment, String reason) {
        if (url == null) {
            return;
        }
        var body = Json.object()
                .put("type", "BACKUP_FAILED")
                .put("text", "Millrace: the backup of " + database + " failed: " + reason)
                .put("database", database)
                .put("backupId", id)
                .put("message", reason)
                .put("created", moment.toString());
        var request = HttpRequest.newBuilder(URI.create(url.value()))
                .timeout(PATIENCE)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Json.text(body)))
                .build();
        var last = "";
        try (var client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            for (int i = 1; i <= TRIES; i++) {
                try {
                    var status = client.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode();
                    if (status < FIRST_ERROR) {
                        return;
                    }
                    last = "it answered " + status;
                } catch (IOException e) {
                    last = e.getClass().getSimpleName();
                }
                Thread.sleep(Duration.ofSeconds(i));
            }
            log.error("AP_ALERT_WEBHOOK_URL could not be told that the backup failed: {}", last);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }
}

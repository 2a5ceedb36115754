package millrace.file;

import java.net.URI;
import java.time.Duration;

/**
 * @param maxBytes largest file (AP_MAX_FILE_SIZE_MB)
 * @param publicUrl where links begin, without a slash at its end (AP_FRONTEND_URL)
 * @param linkLifetime how long a link opens its file: as long as files are kept
 */
public record FileSettings(long maxBytes, URI publicUrl, Duration linkLifetime) {}

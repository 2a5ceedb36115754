package millrace.config;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The S3 service. Whoever uses it asks for {@link #required} first: most servers use none.
 *
 * @param endpoint null: that of AWS in the region
 * @param bucket for whoever names none
 * @param role whether credentials come from where the process runs (a role of its pod, container or machine) instead of
 *     the two keys
 */
public record S3Settings(
        @Nullable URI endpoint,
        String region,
        @Nullable String bucket,
        @Nullable String accessKeyId,
        @Nullable Secret secretAccessKey,
        boolean role) {
    /**
     * These settings, which are enough to sign requests.
     *
     * @throws BadSettings naming what is missing
     */
    public S3Settings required() {
        var faults = faults();
        if (!faults.isEmpty()) {
            throw new BadSettings(faults);
        }
        return this;
    }

    /** What is missing to sign requests. */
    List<String> faults() {
        var faults = new ArrayList<String>();
        if (!role && accessKeyId == null) {
            faults.add("AP_S3_ACCESS_KEY_ID: is needed for S3, or AP_S3_USE_IRSA=true for the role of this process");
        }
        if (!role && secretAccessKey == null) {
            faults.add(
                    "AP_S3_SECRET_ACCESS_KEY: is needed for S3, or AP_S3_USE_IRSA=true for the role of this process");
        }
        return faults;
    }
}

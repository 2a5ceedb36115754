package millrace.instance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import millrace.access.Patience;
import millrace.config.Settings;
import millrace.engine.Json;
import millrace.engine.MillraceException;

/**
 * The flags that clients rely on (reference/rest-api §16), made once of the settings. Only USER_CREATED changes, from
 * false to true: until then it is asked for each time.
 */
public final class Flags {
    private static final long MB = 1024 * 1024;
    private static final long KB = 1024;

    /** Flags answer at once, also while the database is away. */
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private final Settings settings;
    private final String version;
    private final BooleanSupplier userCreated;
    private final ObjectNode before;
    private final ObjectNode after;
    private volatile boolean created;

    /** @param userCreated whether somebody has signed up; may query */
    public Flags(Settings settings, String version, BooleanSupplier userCreated) {
        this.settings = settings;
        this.version = version;
        this.userCreated = userCreated;
        this.before = flags(false);
        this.after = flags(true);
    }

    ObjectNode all() {
        return userCreated() ? after : before;
    }

    private boolean userCreated() {
        if (!created) {
            try {
                new Patience(PATIENCE).during(() -> created = userCreated.getAsBoolean());
            } catch (MillraceException databaseAway) {
                return false;
            }
        }
        return created;
    }

    private ObjectNode flags(boolean userExists) {
        var publicUrl = settings.http().frontendUrl().toString();
        var runs = settings.runs();
        var flags = Json.object();
        flags.put("CURRENT_VERSION", version);
        flags.put("LATEST_VERSION", version);
        flags.put("EDITION", settings.server().edition());
        flags.put("ENVIRONMENT", settings.server().environment());
        flags.put("PUBLIC_URL", publicUrl);
        flags.put("WEBHOOK_URL_PREFIX", publicUrl + "/api/v1/webhooks");
        flags.put("USER_CREATED", userExists);
        flags.put("EMAIL_AUTH_ENABLED", true);
        flags.put("CLOUD_AUTH_ENABLED", false);
        flags.set("THEME", theme());
        flags.put("PIECES_SYNC_MODE", "NONE");
        flags.put("PRIVATE_PIECES_ENABLED", false);
        flags.put("FLOW_RUN_TIME_SECONDS", runs.timeout().toSeconds());
        flags.put("FLOW_RUN_MEMORY_LIMIT_KB", settings.sandbox().memoryLimitBytes() / KB);
        flags.put("FLOW_RUN_LOG_SIZE_LIMIT_MB", runs.maxLogBytes() / MB);
        flags.put("TRIGGER_TIMEOUT_SECONDS", 60);
        flags.put("WEBHOOK_TIMEOUT_SECONDS", settings.webhooks().timeout().toSeconds());
        flags.put("PAUSED_FLOW_TIMEOUT_DAYS", runs.maxPause().toDays());
        flags.put("EXECUTION_DATA_RETENTION_DAYS", runs.retention().toDays());
        flags.put("MAX_FILE_SIZE_MB", settings.http().maxFileBytes() / MB);
        flags.put("MAX_RECORDS_PER_TABLE", settings.tables().maxRecords());
        flags.put("MAX_FIELDS_PER_TABLE", settings.tables().maxFields());
        flags.put("MAX_MCPS_PER_PROJECT", 0);
        flags.put("ALLOW_NPM_PACKAGES_IN_CODE_STEP", true);
        flags.putArray("SUPPORTED_APP_WEBHOOKS");
        flags.putObject("THIRD_PARTY_AUTH_PROVIDERS_TO_SHOW_MAP")
                .put("google", false)
                .put("saml", false);
        flags.put("THIRD_PARTY_AUTH_PROVIDER_REDIRECT_URL", publicUrl + "/redirect");
        flags.put("SAML_AUTH_ACS_URL", publicUrl + "/api/v1/authn/saml/acs");
        flags.putArray("TEMPLATES_CATEGORIES");
        flags.put("SMTP_CONFIGURED", false);
        flags.put("ENABLE_FLOW_ON_PUBLISH", true);
        flags.put("SHOW_COMMUNITY", false);
        flags.put("SHOW_BADGES", false);
        flags.put("TELEMETRY_ENABLED", settings.telemetry());
        flags.put("TERMS_OF_SERVICE_URL", "");
        flags.put("PRIVACY_POLICY_URL", "");
        return flags;
    }

    private static ObjectNode theme() {
        var theme = Json.object();
        theme.put("websiteName", "Millrace");
        theme.putObject("colors").putObject("primary").put("default", "#2563eb");
        theme.putObject("logos")
                .put("fullLogoUrl", "/logo-full.svg")
                .put("favIconUrl", "/favicon.svg")
                .put("logoIconUrl", "/logo-icon.svg");
        return theme;
    }
}

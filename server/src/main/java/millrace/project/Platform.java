package millrace.project;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A platform without its secrets (reference/rest-api §3.2: PlatformWithoutSensitiveData). */
public record Platform(
        String id,
        Instant created,
        Instant updated,
        String ownerId,
        String name,
        String primaryColor,
        @Nullable JsonNode themeColors,
        String logoIconUrl,
        String fullLogoUrl,
        String favIconUrl,
        List<String> filteredPieceNames,
        String filteredPieceBehavior,
        boolean cloudAuthEnabled,
        boolean googleAuthEnabled,
        boolean emailAuthEnabled,
        boolean enforceAllowedAuthDomains,
        List<String> allowedAuthDomains,
        List<String> allowedEmbedOrigins,
        @Nullable String ssoDomain,
        @Nullable JsonNode ssoDomainVerification,
        List<String> pinnedPieces,
        @Nullable JsonNode pieceSelectorConfig,
        FederatedAuthProviders federatedAuthProviders,
        PlatformPlan plan) {
    /** Which providers are set up; what they are set up with stays inside. */
    public record FederatedAuthProviders(@Nullable Configured saml) {}

    /** An empty object: it is set up. */
    public record Configured() {}
}

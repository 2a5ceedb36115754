package millrace.project;

import static millrace.schema.Tables.PLATFORM;

import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.project.Platform.Configured;
import millrace.project.Platform.FederatedAuthProviders;
import org.jooq.Record;
import org.jooq.impl.DSL;

/** The SQL of platforms. */
final class PlatformStore {
    /** Without the federated providers, which hold secrets and begin empty. */
    void insert(Tx tx, Platform platform) {
        tx.sql()
                .insertInto(PLATFORM)
                .set(PLATFORM.ID, platform.id())
                .set(PLATFORM.CREATED, platform.created())
                .set(PLATFORM.UPDATED, platform.updated())
                .set(PLATFORM.OWNER_ID, platform.ownerId())
                .set(PLATFORM.NAME, platform.name())
                .set(PLATFORM.PRIMARY_COLOR, platform.primaryColor())
                .set(PLATFORM.THEME_COLORS, platform.themeColors())
                .set(PLATFORM.LOGO_ICON_URL, platform.logoIconUrl())
                .set(PLATFORM.FULL_LOGO_URL, platform.fullLogoUrl())
                .set(PLATFORM.FAV_ICON_URL, platform.favIconUrl())
                .set(PLATFORM.FILTERED_PIECE_NAMES, platform.filteredPieceNames())
                .set(PLATFORM.FILTERED_PIECE_BEHAVIOR, platform.filteredPieceBehavior())
                .set(PLATFORM.CLOUD_AUTH_ENABLED, platform.cloudAuthEnabled())
                .set(PLATFORM.GOOGLE_AUTH_ENABLED, platform.googleAuthEnabled())
                .set(PLATFORM.EMAIL_AUTH_ENABLED, platform.emailAuthEnabled())
                .set(PLATFORM.ENFORCE_ALLOWED_AUTH_DOMAINS, platform.enforceAllowedAuthDomains())
                .set(PLATFORM.ALLOWED_AUTH_DOMAINS, platform.allowedAuthDomains())
                .set(PLATFORM.ALLOWED_EMBED_ORIGINS, platform.allowedEmbedOrigins())
                .set(PLATFORM.SSO_DOMAIN, platform.ssoDomain())
                .set(PLATFORM.SSO_DOMAIN_VERIFICATION, platform.ssoDomainVerification())
                .set(PLATFORM.PINNED_PIECES, platform.pinnedPieces())
                .set(PLATFORM.PIECE_SELECTOR_CONFIG, platform.pieceSelectorConfig())
                .set(PLATFORM.FEDERATED_AUTH_PROVIDERS, Json.object())
                .execute();
    }

    Optional<Platform> find(Tx tx, Scope scope, String id) {
        var mine = switch (scope) {
            case Scope.Platform(var platformId) -> PLATFORM.ID.eq(platformId);
            case Scope.Everything everything -> DSL.noCondition();
            case Scope.Projects projects -> DSL.falseCondition();
        };
        return tx.sql().selectFrom(PLATFORM).where(mine, PLATFORM.ID.eq(id)).fetchOptional(PlatformStore::fromRow);
    }

    boolean any(Tx tx) {
        return tx.sql().fetchExists(PLATFORM);
    }

    private static Platform fromRow(Record row) {
        var providers = row.get(PLATFORM.FEDERATED_AUTH_PROVIDERS);
        return new Platform(
                row.get(PLATFORM.ID),
                row.get(PLATFORM.CREATED),
                row.get(PLATFORM.UPDATED),
                row.get(PLATFORM.OWNER_ID),
                row.get(PLATFORM.NAME),
                row.get(PLATFORM.PRIMARY_COLOR),
                row.get(PLATFORM.THEME_COLORS),
                row.get(PLATFORM.LOGO_ICON_URL),
                row.get(PLATFORM.FULL_LOGO_URL),
                row.get(PLATFORM.FAV_ICON_URL),
                row.get(PLATFORM.FILTERED_PIECE_NAMES),
                row.get(PLATFORM.FILTERED_PIECE_BEHAVIOR),
                row.get(PLATFORM.CLOUD_AUTH_ENABLED),
                row.get(PLATFORM.GOOGLE_AUTH_ENABLED),
                row.get(PLATFORM.EMAIL_AUTH_ENABLED),
                row.get(PLATFORM.ENFORCE_ALLOWED_AUTH_DOMAINS),
                row.get(PLATFORM.ALLOWED_AUTH_DOMAINS),
                row.get(PLATFORM.ALLOWED_EMBED_ORIGINS),
                row.get(PLATFORM.SSO_DOMAIN),
                row.get(PLATFORM.SSO_DOMAIN_VERIFICATION),
                row.get(PLATFORM.PINNED_PIECES),
                row.get(PLATFORM.PIECE_SELECTOR_CONFIG),
                new FederatedAuthProviders(providers.hasNonNull("saml") ? new Configured() : null),
                PlatformPlan.free());
    }
}

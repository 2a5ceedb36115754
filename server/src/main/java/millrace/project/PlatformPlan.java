package millrace.project;

/**
 * What a platform may use. The reference sells plans; here everything that is built is on, without limits, and what is
 * not built is off (reference/data-model §3.5).
 */
public record PlatformPlan(
        String plan,
        boolean tablesEnabled,
        boolean eventStreamingEnabled,
        boolean environmentsEnabled,
        boolean analyticsEnabled,
        boolean showPoweredBy,
        boolean auditLogEnabled,
        boolean embeddingEnabled,
        boolean agentsEnabled,
        boolean aiProvidersEnabled,
        boolean chatEnabled,
        boolean dataManipulationEnabled,
        boolean managePiecesEnabled,
        boolean manageTemplatesEnabled,
        boolean customAppearanceEnabled,
        String teamProjectsLimit,
        boolean projectRolesEnabled,
        boolean globalConnectionsEnabled,
        boolean customRolesEnabled,
        boolean apiKeysEnabled,
        boolean ssoEnabled,
        boolean secretManagersEnabled,
        boolean scimEnabled,
        boolean canary,
        boolean customDomainsEnabled,
        int includedAiCredits,
        String aiCreditsAutoTopUpState) {
    private static final PlatformPlan FREE = new PlatformPlan(
            "free",
            true,
            false,
            false,
            true,
            false,
            true,
            true,
            false,
            false,
            false,
            false,
            false,
            true,
            true,
            "UNLIMITED",
            true,
            true,
            true,
            true,
            true,
            false,
            false,
            false,
            false,
            0,
            "disabled");

    static PlatformPlan free() {
        return FREE;
    }
}

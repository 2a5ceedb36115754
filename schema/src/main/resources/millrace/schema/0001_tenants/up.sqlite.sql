-- People, platforms and projects. Creates tables only: locks nothing that exists.

CREATE TABLE user_identity (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    email TEXT NOT NULL,
    password TEXT NOT NULL,
    "firstName" TEXT NOT NULL,
    "lastName" TEXT NOT NULL,
    "trackEvents" INTEGER,
    "newsLetter" INTEGER,
    verified INTEGER NOT NULL DEFAULT 0,
    "tokenVersion" TEXT,
    provider TEXT NOT NULL,
    "imageUrl" TEXT,
    "lastLoggedInPlatformId" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_user_identity_email ON user_identity (email);

CREATE TABLE "user" (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "identityId" TEXT NOT NULL
        CONSTRAINT fk_user_identity_id REFERENCES user_identity (id),
    "platformId" TEXT,
    "platformRole" TEXT NOT NULL,
    status TEXT NOT NULL,
    "externalId" TEXT,
    "lastActiveDate" INTEGER
) STRICT;
CREATE UNIQUE INDEX idx_user_platform_id_email ON "user" ("platformId", "identityId");
CREATE UNIQUE INDEX idx_user_platform_id_external_id ON "user" ("platformId", "externalId");
CREATE INDEX idx_user_identity_id ON "user" ("identityId");

CREATE TABLE platform (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "ownerId" TEXT NOT NULL
        CONSTRAINT fk_platform_owner_id REFERENCES "user" (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    name TEXT NOT NULL,
    "primaryColor" TEXT NOT NULL,
    "logoIconUrl" TEXT NOT NULL,
    "fullLogoUrl" TEXT NOT NULL,
    "favIconUrl" TEXT NOT NULL,
    "themeColors" TEXT,
    "cloudAuthEnabled" INTEGER NOT NULL DEFAULT 1,
    "googleAuthEnabled" INTEGER NOT NULL DEFAULT 1,
    "emailAuthEnabled" INTEGER NOT NULL,
    "enforceAllowedAuthDomains" INTEGER NOT NULL,
    "allowedAuthDomains" TEXT NOT NULL,
    "pinnedPieces" TEXT NOT NULL,
    "filteredPieceNames" TEXT NOT NULL,
    "filteredPieceBehavior" TEXT NOT NULL,
    "allowedEmbedOrigins" TEXT NOT NULL DEFAULT '[]',
    "federatedAuthProviders" TEXT NOT NULL,
    "ssoDomain" TEXT,
    "ssoDomainVerification" TEXT,
    "pieceSelectorConfig" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_platform_owner_id ON platform ("ownerId");
CREATE UNIQUE INDEX idx_platform_sso_domain ON platform ("ssoDomain") WHERE "ssoDomain" IS NOT NULL;

CREATE TABLE platform_plan (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_platform_plan_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    plan TEXT,
    "tablesEnabled" INTEGER NOT NULL DEFAULT 1,
    "agentsEnabled" INTEGER NOT NULL DEFAULT 1,
    "aiProvidersEnabled" INTEGER NOT NULL DEFAULT 1,
    "analyticsEnabled" INTEGER NOT NULL DEFAULT 1,
    "eventStreamingEnabled" INTEGER NOT NULL DEFAULT 0,
    "environmentsEnabled" INTEGER NOT NULL DEFAULT 0,
    "showPoweredBy" INTEGER NOT NULL DEFAULT 0,
    "auditLogEnabled" INTEGER NOT NULL DEFAULT 0,
    "embeddingEnabled" INTEGER NOT NULL DEFAULT 0,
    "chatEnabled" INTEGER NOT NULL DEFAULT 0,
    "dataManipulationEnabled" INTEGER NOT NULL DEFAULT 0,
    "managePiecesEnabled" INTEGER NOT NULL DEFAULT 0,
    "manageTemplatesEnabled" INTEGER NOT NULL DEFAULT 0,
    "customAppearanceEnabled" INTEGER NOT NULL DEFAULT 0,
    "projectRolesEnabled" INTEGER NOT NULL DEFAULT 0,
    "globalConnectionsEnabled" INTEGER NOT NULL DEFAULT 0,
    "customRolesEnabled" INTEGER NOT NULL DEFAULT 0,
    "apiKeysEnabled" INTEGER NOT NULL DEFAULT 0,
    "ssoEnabled" INTEGER NOT NULL DEFAULT 0,
    "secretManagersEnabled" INTEGER NOT NULL DEFAULT 0,
    "scimEnabled" INTEGER NOT NULL DEFAULT 0,
    canary INTEGER NOT NULL DEFAULT 0,
    "customDomainsEnabled" INTEGER NOT NULL DEFAULT 0,
    "includedAiCredits" INTEGER NOT NULL DEFAULT 0,
    "projectsLimit" INTEGER,
    "activeFlowsLimit" INTEGER,
    "teamProjectsLimit" TEXT NOT NULL DEFAULT 'ONE',
    "aiCreditsAutoTopUpState" TEXT NOT NULL DEFAULT 'disabled',
    "aiCreditsAutoTopUpThreshold" INTEGER,
    "aiCreditsAutoTopUpCreditsToAdd" INTEGER,
    "maxAutoTopUpCreditsMonthly" INTEGER,
    "lastFreeAiCreditsRenewalDate" INTEGER,
    "licenseKey" TEXT,
    "licenseExpiresAt" INTEGER,
    "stripeCustomerId" TEXT,
    "stripeSubscriptionId" TEXT,
    "stripeSubscriptionStatus" TEXT,
    "stripeSubscriptionStartDate" INTEGER,
    "stripeSubscriptionEndDate" INTEGER,
    "stripeSubscriptionCancelDate" INTEGER,
    "workerGroupId" TEXT,
    "dedicatedWorkers" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_platform_plan_platform_id ON platform_plan ("platformId");

CREATE TABLE concurrency_pool (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_concurrency_pool_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    "maxConcurrentJobs" INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_concurrency_pool_platform_id_key ON concurrency_pool ("platformId", key);

CREATE TABLE project (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_project_platform_id REFERENCES platform (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    "ownerId" TEXT NOT NULL
        CONSTRAINT fk_project_owner_id REFERENCES "user" (id),
    "displayName" TEXT NOT NULL,
    type TEXT NOT NULL,
    icon TEXT NOT NULL,
    "externalId" TEXT,
    "maxConcurrentJobs" INTEGER,
    "releasesEnabled" INTEGER NOT NULL DEFAULT 0,
    metadata TEXT,
    "poolId" TEXT
        CONSTRAINT fk_project_pool_id REFERENCES concurrency_pool (id) ON DELETE SET NULL,
    deleted INTEGER
) STRICT;
CREATE UNIQUE INDEX idx_project_platform_id_external_id ON project ("platformId", "externalId") WHERE deleted IS NULL;
CREATE INDEX idx_project_owner_id ON project ("ownerId");
CREATE INDEX idx_project_platform_id ON project ("platformId");
CREATE INDEX idx_project_pool_id ON project ("poolId");

CREATE TABLE project_plan (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_project_plan_project_id REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    locked INTEGER NOT NULL DEFAULT 0,
    "piecesFilterType" TEXT NOT NULL,
    pieces TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_plan_project_id ON project_plan ("projectId");

CREATE TABLE project_role (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,
    "platformId" TEXT,
    type TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_project_role_platform_id_name ON project_role ("platformId", name) WHERE "platformId" IS NOT NULL;

CREATE TABLE project_member (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_project_member_project_id REFERENCES project (id) ON DELETE CASCADE,
    "userId" TEXT NOT NULL
        CONSTRAINT fk_project_member_user_id REFERENCES "user" (id) ON DELETE CASCADE,
    "platformId" TEXT NOT NULL,
    "projectRoleId" TEXT NOT NULL
        CONSTRAINT fk_project_member_project_role_id REFERENCES project_role (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX idx_project_member_project_id_user_id_platform_id ON project_member ("projectId", "userId", "platformId");
CREATE INDEX idx_project_member_user_id_platform_id ON project_member ("userId", "platformId");
CREATE INDEX idx_project_member_project_role_id ON project_member ("projectRoleId");

CREATE TABLE user_invitation (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL,
    type TEXT NOT NULL,
    email TEXT NOT NULL,
    status TEXT NOT NULL,
    "platformRole" TEXT,
    "projectId" TEXT
        CONSTRAINT fk_user_invitation_project_id REFERENCES project (id) ON DELETE CASCADE,
    "projectRoleId" TEXT
        CONSTRAINT fk_user_invitation_project_role_id REFERENCES project_role (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX idx_user_invitation_email_platform_id_project_id ON user_invitation (email, "platformId", coalesce("projectId", ''));
CREATE INDEX idx_user_invitation_project_id ON user_invitation ("projectId");
CREATE INDEX idx_user_invitation_project_role_id ON user_invitation ("projectRoleId");

CREATE TABLE otp (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    type TEXT NOT NULL,
    "identityId" TEXT NOT NULL
        CONSTRAINT fk_otp_identity_id REFERENCES user_identity (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_otp_identity_id_type ON otp ("identityId", type);

CREATE TABLE user_badge (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "userId" TEXT NOT NULL
        CONSTRAINT fk_user_badge_user_id REFERENCES "user" (id) ON DELETE CASCADE,
    name TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_user_badge_user_id_name ON user_badge ("userId", name);

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_api_key_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "displayName" TEXT NOT NULL,
    "hashedValue" TEXT NOT NULL,
    "truncatedValue" TEXT NOT NULL,
    "lastUsedAt" INTEGER
) STRICT;
CREATE UNIQUE INDEX idx_api_key_hashed_value ON api_key ("hashedValue");
CREATE INDEX idx_api_key_platform_id ON api_key ("platformId");

CREATE TABLE signing_key (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_signing_key_platform_id REFERENCES platform (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    "displayName" TEXT NOT NULL,
    "publicKey" TEXT NOT NULL,
    algorithm TEXT NOT NULL
) STRICT;
CREATE INDEX idx_signing_key_platform_id ON signing_key ("platformId");

CREATE TABLE custom_domain (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    domain TEXT NOT NULL,
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_custom_domain_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    status TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX custom_domain_domain_unique ON custom_domain (domain);
CREATE INDEX idx_custom_domain_platform_id ON custom_domain ("platformId");

CREATE TABLE oauth_app (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_oauth_app_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "pieceName" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "clientSecret" TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_oauth_app_platform_id_piece_name ON oauth_app ("platformId", "pieceName");

CREATE TABLE flag (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    value TEXT NOT NULL
) STRICT;

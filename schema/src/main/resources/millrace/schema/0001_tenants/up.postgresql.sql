-- People, platforms and projects. Creates tables only: locks nothing that exists.

CREATE TABLE user_identity (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    email varchar NOT NULL,
    password varchar NOT NULL,
    "firstName" varchar NOT NULL,
    "lastName" varchar NOT NULL,
    "trackEvents" boolean,
    "newsLetter" boolean,
    verified boolean NOT NULL DEFAULT false,
    "tokenVersion" varchar,
    provider varchar NOT NULL,
    "imageUrl" varchar,
    "lastLoggedInPlatformId" varchar(21)
);
CREATE UNIQUE INDEX idx_user_identity_email ON user_identity (email);

CREATE TABLE "user" (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "identityId" varchar(21) NOT NULL
        CONSTRAINT fk_user_identity_id REFERENCES user_identity (id),
    "platformId" varchar(21),
    "platformRole" varchar NOT NULL,
    status varchar NOT NULL,
    "externalId" varchar,
    "lastActiveDate" timestamptz
);
CREATE UNIQUE INDEX idx_user_platform_id_email ON "user" ("platformId", "identityId");
CREATE UNIQUE INDEX idx_user_platform_id_external_id ON "user" ("platformId", "externalId");
CREATE INDEX idx_user_identity_id ON "user" ("identityId");

CREATE TABLE platform (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "ownerId" varchar(21) NOT NULL
        CONSTRAINT fk_platform_owner_id REFERENCES "user" (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    name varchar NOT NULL,
    "primaryColor" varchar NOT NULL,
    "logoIconUrl" varchar NOT NULL,
    "fullLogoUrl" varchar NOT NULL,
    "favIconUrl" varchar NOT NULL,
    "themeColors" jsonb,
    "cloudAuthEnabled" boolean NOT NULL DEFAULT true,
    "googleAuthEnabled" boolean NOT NULL DEFAULT true,
    "emailAuthEnabled" boolean NOT NULL,
    "enforceAllowedAuthDomains" boolean NOT NULL,
    "allowedAuthDomains" varchar[] NOT NULL,
    "pinnedPieces" varchar[] NOT NULL,
    "filteredPieceNames" varchar[] NOT NULL,
    "filteredPieceBehavior" varchar NOT NULL,
    "allowedEmbedOrigins" varchar[] NOT NULL DEFAULT '{}',
    "federatedAuthProviders" jsonb NOT NULL,
    "ssoDomain" varchar,
    "ssoDomainVerification" jsonb,
    "pieceSelectorConfig" jsonb
);
CREATE UNIQUE INDEX idx_platform_owner_id ON platform ("ownerId");
CREATE UNIQUE INDEX idx_platform_sso_domain ON platform ("ssoDomain") WHERE "ssoDomain" IS NOT NULL;

CREATE TABLE platform_plan (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_platform_plan_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    plan varchar,
    "tablesEnabled" boolean NOT NULL DEFAULT true,
    "agentsEnabled" boolean NOT NULL DEFAULT true,
    "aiProvidersEnabled" boolean NOT NULL DEFAULT true,
    "analyticsEnabled" boolean NOT NULL DEFAULT true,
    "eventStreamingEnabled" boolean NOT NULL DEFAULT false,
    "environmentsEnabled" boolean NOT NULL DEFAULT false,
    "showPoweredBy" boolean NOT NULL DEFAULT false,
    "auditLogEnabled" boolean NOT NULL DEFAULT false,
    "embeddingEnabled" boolean NOT NULL DEFAULT false,
    "chatEnabled" boolean NOT NULL DEFAULT false,
    "dataManipulationEnabled" boolean NOT NULL DEFAULT false,
    "managePiecesEnabled" boolean NOT NULL DEFAULT false,
    "manageTemplatesEnabled" boolean NOT NULL DEFAULT false,
    "customAppearanceEnabled" boolean NOT NULL DEFAULT false,
    "projectRolesEnabled" boolean NOT NULL DEFAULT false,
    "globalConnectionsEnabled" boolean NOT NULL DEFAULT false,
    "customRolesEnabled" boolean NOT NULL DEFAULT false,
    "apiKeysEnabled" boolean NOT NULL DEFAULT false,
    "ssoEnabled" boolean NOT NULL DEFAULT false,
    "secretManagersEnabled" boolean NOT NULL DEFAULT false,
    "scimEnabled" boolean NOT NULL DEFAULT false,
    canary boolean NOT NULL DEFAULT false,
    "customDomainsEnabled" boolean NOT NULL DEFAULT false,
    "includedAiCredits" integer NOT NULL DEFAULT 0,
    "projectsLimit" integer,
    "activeFlowsLimit" integer,
    "teamProjectsLimit" varchar NOT NULL DEFAULT 'ONE',
    "aiCreditsAutoTopUpState" varchar NOT NULL DEFAULT 'disabled',
    "aiCreditsAutoTopUpThreshold" integer,
    "aiCreditsAutoTopUpCreditsToAdd" integer,
    "maxAutoTopUpCreditsMonthly" integer,
    "lastFreeAiCreditsRenewalDate" timestamptz,
    "licenseKey" varchar,
    "licenseExpiresAt" timestamptz,
    "stripeCustomerId" varchar,
    "stripeSubscriptionId" varchar,
    "stripeSubscriptionStatus" varchar,
    "stripeSubscriptionStartDate" integer,
    "stripeSubscriptionEndDate" integer,
    "stripeSubscriptionCancelDate" integer,
    "workerGroupId" varchar,
    "dedicatedWorkers" jsonb
);
CREATE UNIQUE INDEX idx_platform_plan_platform_id ON platform_plan ("platformId");

CREATE TABLE concurrency_pool (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_concurrency_pool_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    key varchar NOT NULL,
    "maxConcurrentJobs" integer NOT NULL
);
CREATE UNIQUE INDEX idx_concurrency_pool_platform_id_key ON concurrency_pool ("platformId", key);

CREATE TABLE project (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_project_platform_id REFERENCES platform (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    "ownerId" varchar(21) NOT NULL
        CONSTRAINT fk_project_owner_id REFERENCES "user" (id),
    "displayName" varchar NOT NULL,
    type varchar NOT NULL,
    icon jsonb NOT NULL,
    "externalId" varchar,
    "maxConcurrentJobs" integer,
    "releasesEnabled" boolean NOT NULL DEFAULT false,
    metadata jsonb,
    "poolId" varchar(21)
        CONSTRAINT fk_project_pool_id REFERENCES concurrency_pool (id) ON DELETE SET NULL,
    deleted timestamptz
);
CREATE UNIQUE INDEX idx_project_platform_id_external_id ON project ("platformId", "externalId") WHERE deleted IS NULL;
CREATE INDEX idx_project_owner_id ON project ("ownerId");
CREATE INDEX idx_project_platform_id ON project ("platformId");
CREATE INDEX idx_project_pool_id ON project ("poolId");

CREATE TABLE project_plan (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_project_plan_project_id REFERENCES project (id) ON DELETE CASCADE,
    name varchar NOT NULL,
    locked boolean NOT NULL DEFAULT false,
    "piecesFilterType" varchar NOT NULL,
    pieces varchar[] NOT NULL
);
CREATE UNIQUE INDEX idx_plan_project_id ON project_plan ("projectId");

CREATE TABLE project_role (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    name varchar NOT NULL,
    permissions varchar[] NOT NULL,
    "platformId" varchar(21),
    type varchar NOT NULL
);
CREATE UNIQUE INDEX idx_project_role_platform_id_name ON project_role ("platformId", name) WHERE "platformId" IS NOT NULL;

CREATE TABLE project_member (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_project_member_project_id REFERENCES project (id) ON DELETE CASCADE,
    "userId" varchar(21) NOT NULL
        CONSTRAINT fk_project_member_user_id REFERENCES "user" (id) ON DELETE CASCADE,
    "platformId" varchar(21) NOT NULL,
    "projectRoleId" varchar(21) NOT NULL
        CONSTRAINT fk_project_member_project_role_id REFERENCES project_role (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_project_member_project_id_user_id_platform_id ON project_member ("projectId", "userId", "platformId");
CREATE INDEX idx_project_member_user_id_platform_id ON project_member ("userId", "platformId");
CREATE INDEX idx_project_member_project_role_id ON project_member ("projectRoleId");

CREATE TABLE user_invitation (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL,
    type varchar NOT NULL,
    email varchar NOT NULL,
    status varchar NOT NULL,
    "platformRole" varchar,
    "projectId" varchar(21)
        CONSTRAINT fk_user_invitation_project_id REFERENCES project (id) ON DELETE CASCADE,
    "projectRoleId" varchar(21)
        CONSTRAINT fk_user_invitation_project_role_id REFERENCES project_role (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_user_invitation_email_platform_id_project_id ON user_invitation (email, "platformId", coalesce("projectId", ''));
CREATE INDEX idx_user_invitation_project_id ON user_invitation ("projectId");
CREATE INDEX idx_user_invitation_project_role_id ON user_invitation ("projectRoleId");

CREATE TABLE otp (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    type varchar NOT NULL,
    "identityId" varchar(21) NOT NULL
        CONSTRAINT fk_otp_identity_id REFERENCES user_identity (id) ON DELETE CASCADE,
    value varchar NOT NULL,
    state varchar NOT NULL
);
CREATE UNIQUE INDEX idx_otp_identity_id_type ON otp ("identityId", type);

CREATE TABLE user_badge (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "userId" varchar(21) NOT NULL
        CONSTRAINT fk_user_badge_user_id REFERENCES "user" (id) ON DELETE CASCADE,
    name varchar NOT NULL
);
CREATE UNIQUE INDEX idx_user_badge_user_id_name ON user_badge ("userId", name);

CREATE TABLE api_key (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_api_key_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "displayName" varchar NOT NULL,
    "hashedValue" varchar NOT NULL,
    "truncatedValue" varchar NOT NULL,
    "lastUsedAt" timestamptz
);
CREATE UNIQUE INDEX idx_api_key_hashed_value ON api_key ("hashedValue");
CREATE INDEX idx_api_key_platform_id ON api_key ("platformId");

CREATE TABLE signing_key (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_signing_key_platform_id REFERENCES platform (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    "displayName" varchar NOT NULL,
    "publicKey" varchar NOT NULL,
    algorithm varchar NOT NULL
);
CREATE INDEX idx_signing_key_platform_id ON signing_key ("platformId");

CREATE TABLE custom_domain (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    domain varchar NOT NULL,
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_custom_domain_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    status varchar NOT NULL
);
CREATE UNIQUE INDEX custom_domain_domain_unique ON custom_domain (domain);
CREATE INDEX idx_custom_domain_platform_id ON custom_domain ("platformId");

CREATE TABLE oauth_app (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_oauth_app_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "pieceName" varchar NOT NULL,
    "clientId" varchar NOT NULL,
    "clientSecret" jsonb NOT NULL
);
CREATE UNIQUE INDEX idx_oauth_app_platform_id_piece_name ON oauth_app ("platformId", "pieceName");

CREATE TABLE flag (
    id varchar PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    value jsonb NOT NULL
);

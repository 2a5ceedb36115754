-- Connections, variables, pieces and the key-value store. Creates tables only.

CREATE TABLE app_connection (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "externalId" varchar NOT NULL,
    "displayName" varchar NOT NULL,
    type varchar NOT NULL,
    status varchar NOT NULL DEFAULT 'ACTIVE',
    "platformId" varchar(21) NOT NULL,
    "projectIds" varchar[] NOT NULL,
    scope varchar NOT NULL,
    "pieceName" varchar NOT NULL,
    "pieceVersion" varchar NOT NULL,
    "ownerId" varchar(21)
        CONSTRAINT fk_app_connection_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    value jsonb NOT NULL,
    metadata jsonb,
    "preSelectForNewProjects" boolean NOT NULL DEFAULT false
);
CREATE INDEX idx_app_connection_platform_id_and_external_id ON app_connection ("platformId", "externalId");
CREATE INDEX idx_app_connection_owner_id ON app_connection ("ownerId");
CREATE INDEX idx_app_connection_project_ids_gin ON app_connection USING gin ("projectIds");

CREATE TABLE variable (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_variable_project_id REFERENCES project (id) ON DELETE CASCADE,
    "platformId" varchar(21) NOT NULL,
    name varchar NOT NULL,
    "ownerId" varchar(21)
        CONSTRAINT fk_variable_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    value jsonb NOT NULL,
    metadata jsonb
);
CREATE UNIQUE INDEX idx_variable_project_id_and_name ON variable ("projectId", name);
CREATE INDEX idx_variable_owner_id ON variable ("ownerId");

CREATE TABLE piece_metadata (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    name varchar NOT NULL,
    "displayName" varchar NOT NULL,
    description varchar,
    "logoUrl" varchar NOT NULL,
    authors varchar[] NOT NULL,
    version varchar NOT NULL,
    "minimumSupportedRelease" varchar NOT NULL,
    "maximumSupportedRelease" varchar NOT NULL,
    "platformId" varchar(21),
    "pieceType" varchar NOT NULL,
    "packageType" varchar NOT NULL,
    "archiveId" varchar(21)
        CONSTRAINT fk_piece_metadata_archive_id REFERENCES file (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    categories varchar[],
    auth json,
    actions json NOT NULL,
    triggers json NOT NULL,
    i18n json,
    "projectUsage" integer NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX idx_piece_metadata_name_platform_id_version ON piece_metadata (name, version, coalesce("platformId", ''));
CREATE UNIQUE INDEX idx_piece_metadata_archive_id ON piece_metadata ("archiveId");

CREATE TABLE tag (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_tag_platform_id REFERENCES platform (id),
    name varchar NOT NULL
);
CREATE UNIQUE INDEX idx_tag_platform_id_name ON tag ("platformId", name);

CREATE TABLE piece_tag (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_piece_tag_platform_id REFERENCES platform (id),
    "pieceName" varchar NOT NULL,
    "tagId" varchar(21) NOT NULL
        CONSTRAINT fk_piece_tag_tag_id REFERENCES tag (id)
);
CREATE UNIQUE INDEX idx_piece_tag_tag_id_piece_name ON piece_tag ("tagId", "pieceName");
CREATE INDEX idx_piece_tag_platform_id ON piece_tag ("platformId");

CREATE TABLE store_entry (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_store_entry_project_id REFERENCES project (id) ON DELETE CASCADE,
    key varchar(128) NOT NULL,
    value json
);
CREATE UNIQUE INDEX idx_store_entry_project_id_key ON store_entry ("projectId", key);

-- Connections, variables, pieces and the key-value store. Creates tables only.

CREATE TABLE app_connection (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "externalId" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    "platformId" TEXT NOT NULL,
    "projectIds" TEXT NOT NULL,
    scope TEXT NOT NULL,
    "pieceName" TEXT NOT NULL,
    "pieceVersion" TEXT NOT NULL,
    "ownerId" TEXT
        CONSTRAINT fk_app_connection_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    value TEXT NOT NULL,
    metadata TEXT,
    "preSelectForNewProjects" INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX idx_app_connection_platform_id_and_external_id ON app_connection ("platformId", "externalId");
CREATE INDEX idx_app_connection_owner_id ON app_connection ("ownerId");

CREATE TABLE variable (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_variable_project_id REFERENCES project (id) ON DELETE CASCADE,
    "platformId" TEXT NOT NULL,
    name TEXT NOT NULL,
    "ownerId" TEXT
        CONSTRAINT fk_variable_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    value TEXT NOT NULL,
    metadata TEXT
) STRICT;
CREATE UNIQUE INDEX idx_variable_project_id_and_name ON variable ("projectId", name);
CREATE INDEX idx_variable_owner_id ON variable ("ownerId");

CREATE TABLE piece_metadata (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    name TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    description TEXT,
    "logoUrl" TEXT NOT NULL,
    authors TEXT NOT NULL,
    version TEXT NOT NULL,
    "minimumSupportedRelease" TEXT NOT NULL,
    "maximumSupportedRelease" TEXT NOT NULL,
    "platformId" TEXT,
    "pieceType" TEXT NOT NULL,
    "packageType" TEXT NOT NULL,
    "archiveId" TEXT
        CONSTRAINT fk_piece_metadata_archive_id REFERENCES file (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    categories TEXT,
    auth TEXT,
    actions TEXT NOT NULL,
    triggers TEXT NOT NULL,
    i18n TEXT,
    "projectUsage" INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX idx_piece_metadata_name_platform_id_version ON piece_metadata (name, version, coalesce("platformId", ''));
CREATE UNIQUE INDEX idx_piece_metadata_archive_id ON piece_metadata ("archiveId");

CREATE TABLE tag (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_tag_platform_id REFERENCES platform (id),
    name TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_tag_platform_id_name ON tag ("platformId", name);

CREATE TABLE piece_tag (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_piece_tag_platform_id REFERENCES platform (id),
    "pieceName" TEXT NOT NULL,
    "tagId" TEXT NOT NULL
        CONSTRAINT fk_piece_tag_tag_id REFERENCES tag (id)
) STRICT;
CREATE UNIQUE INDEX idx_piece_tag_tag_id_piece_name ON piece_tag ("tagId", "pieceName");
CREATE INDEX idx_piece_tag_platform_id ON piece_tag ("platformId");

CREATE TABLE store_entry (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_store_entry_project_id REFERENCES project (id) ON DELETE CASCADE,
    key TEXT NOT NULL CHECK (length(key) <= 128),
    value TEXT
) STRICT;
CREATE UNIQUE INDEX idx_store_entry_project_id_key ON store_entry ("projectId", key);

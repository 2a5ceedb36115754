-- Files, flows and what starts them. Creates tables only: locks nothing that exists.

CREATE TABLE file (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT
        CONSTRAINT fk_file_project_id REFERENCES project (id) ON DELETE CASCADE,
    "platformId" TEXT,
    type TEXT NOT NULL DEFAULT 'UNKNOWN',
    compression TEXT NOT NULL DEFAULT 'NONE',
    location TEXT NOT NULL,
    data BLOB,
    "s3Key" TEXT,
    "fileName" TEXT,
    size INTEGER,
    metadata TEXT
) STRICT;
CREATE INDEX idx_file_project_id_type_created ON file ("projectId", type, created);
CREATE INDEX idx_file_type_created_desc ON file (type, created);
CREATE INDEX idx_file_sample_data_flow_id ON file (type, (metadata ->> 'flowId')) WHERE type IN ('SAMPLE_DATA', 'SAMPLE_DATA_INPUT');

CREATE TABLE folder (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_folder_project_id REFERENCES project (id) ON DELETE CASCADE,
    "displayName" TEXT NOT NULL,
    "displayOrder" INTEGER NOT NULL DEFAULT 0,
    "externalId" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_folder_project_id_display_name ON folder ("projectId", "displayName");
CREATE UNIQUE INDEX idx_folder_project_id_external_id ON folder ("projectId", "externalId") WHERE "externalId" IS NOT NULL;

CREATE TABLE flow (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_flow_project_id REFERENCES project (id) ON DELETE CASCADE,
    "externalId" TEXT NOT NULL,
    "ownerId" TEXT
        CONSTRAINT fk_flow_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    "folderId" TEXT
        CONSTRAINT fk_flow_folder_id REFERENCES folder (id) ON DELETE SET NULL,
    status TEXT NOT NULL DEFAULT 'DISABLED',
    "publishedVersionId" TEXT
        CONSTRAINT fk_flow_published_version_id REFERENCES flow_version (id) ON DELETE RESTRICT,
    "operationStatus" TEXT NOT NULL DEFAULT 'NONE',
    metadata TEXT,
    "timeSavedPerRun" INTEGER,
    "templateId" TEXT,
    "createdBy" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_flow_published_version_id ON flow ("publishedVersionId");
CREATE INDEX idx_flow_project_id ON flow ("projectId");
CREATE INDEX idx_flow_project_id_status ON flow ("projectId", status);
CREATE INDEX idx_flow_folder_id ON flow ("folderId");
CREATE INDEX idx_flow_owner_id ON flow ("ownerId");

CREATE TABLE flow_version (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "flowId" TEXT NOT NULL
        CONSTRAINT fk_flow_version_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "displayName" TEXT NOT NULL,
    "trigger" TEXT,
    "schemaVersion" TEXT,
    state TEXT NOT NULL,
    valid INTEGER NOT NULL,
    "connectionIds" TEXT NOT NULL,
    "agentIds" TEXT NOT NULL DEFAULT '[]',
    "variableNames" TEXT NOT NULL DEFAULT '[]',
    "updatedBy" TEXT
        CONSTRAINT fk_flow_version_updated_by REFERENCES "user" (id) ON DELETE SET NULL,
    "backupFiles" TEXT,
    notes TEXT NOT NULL
) STRICT;
CREATE INDEX idx_flow_version_flow_id_created_desc ON flow_version ("flowId", created DESC);
CREATE INDEX idx_flow_version_schema_version ON flow_version ("schemaVersion");
CREATE INDEX idx_flow_version_updated_by ON flow_version ("updatedBy");

CREATE TABLE trigger_event (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_trigger_event_project_id REFERENCES project (id) ON DELETE CASCADE,
    "flowId" TEXT NOT NULL
        CONSTRAINT fk_trigger_event_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "sourceName" TEXT NOT NULL,
    "fileId" TEXT NOT NULL
        CONSTRAINT fk_trigger_event_file_id REFERENCES file (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX idx_trigger_event_file_id ON trigger_event ("fileId");
CREATE INDEX idx_trigger_event_project_id_flow_id ON trigger_event ("projectId", "flowId");
CREATE INDEX idx_trigger_event_flow_id ON trigger_event ("flowId");

CREATE TABLE trigger_source (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_trigger_source_project_id REFERENCES project (id) ON DELETE CASCADE,
    "flowId" TEXT NOT NULL
        CONSTRAINT fk_trigger_source_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "flowVersionId" TEXT NOT NULL,
    type TEXT NOT NULL,
    "pieceName" TEXT NOT NULL,
    "pieceVersion" TEXT NOT NULL,
    "triggerName" TEXT NOT NULL,
    schedule TEXT,
    simulate INTEGER NOT NULL,
    deleted INTEGER
) STRICT;
CREATE UNIQUE INDEX idx_trigger_flow_id_simulate ON trigger_source ("flowId", simulate) WHERE deleted IS NULL;
CREATE UNIQUE INDEX idx_trigger_project_id_flow_id_simulate ON trigger_source ("projectId", "flowId", simulate) WHERE deleted IS NULL;
CREATE INDEX idx_trigger_flow_id ON trigger_source ("flowId");
CREATE INDEX idx_trigger_project_id ON trigger_source ("projectId");
CREATE INDEX idx_trigger_flow_version_id ON trigger_source ("flowVersionId") WHERE deleted IS NULL;

CREATE TABLE app_event_routing (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "appName" TEXT NOT NULL,
    event TEXT NOT NULL,
    "identifierValue" TEXT NOT NULL,
    "projectId" TEXT NOT NULL,
    "flowId" TEXT NOT NULL
        CONSTRAINT fk_app_event_routing_flow_id REFERENCES flow (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX idx_app_event_flow_id_project_id_appname_identifier_value_event ON app_event_routing ("appName", "projectId", "flowId", "identifierValue", event);
CREATE INDEX idx_app_event_appname_identifier_event ON app_event_routing ("appName", "identifierValue", event);
CREATE INDEX idx_app_event_routing_flow_id ON app_event_routing ("flowId");

CREATE TABLE template (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    description TEXT NOT NULL,
    author TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    "platformId" TEXT
        CONSTRAINT fk_template_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    flows TEXT,
    tables TEXT,
    tags TEXT NOT NULL,
    "blogUrl" TEXT,
    metadata TEXT,
    categories TEXT NOT NULL,
    pieces TEXT NOT NULL
) STRICT;
CREATE INDEX idx_template_platform_id ON template ("platformId");

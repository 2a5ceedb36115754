-- Files, flows and what starts them. Creates tables only: locks nothing that exists.

CREATE TABLE file (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21)
        CONSTRAINT fk_file_project_id REFERENCES project (id) ON DELETE CASCADE,
    "platformId" varchar(21),
    type varchar NOT NULL DEFAULT 'UNKNOWN',
    compression varchar NOT NULL DEFAULT 'NONE',
    location varchar NOT NULL,
    data bytea,
    "s3Key" varchar,
    "fileName" varchar,
    size integer,
    metadata jsonb
);
CREATE INDEX idx_file_project_id_type_created ON file ("projectId", type, created);
CREATE INDEX idx_file_type_created_desc ON file (type, created);
CREATE INDEX idx_file_sample_data_flow_id ON file (type, (metadata ->> 'flowId')) WHERE type IN ('SAMPLE_DATA', 'SAMPLE_DATA_INPUT');

CREATE TABLE folder (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_folder_project_id REFERENCES project (id) ON DELETE CASCADE,
    "displayName" varchar NOT NULL,
    "displayOrder" integer NOT NULL DEFAULT 0,
    "externalId" varchar
);
CREATE UNIQUE INDEX idx_folder_project_id_display_name ON folder ("projectId", "displayName");
CREATE UNIQUE INDEX idx_folder_project_id_external_id ON folder ("projectId", "externalId") WHERE "externalId" IS NOT NULL;

CREATE TABLE flow (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_flow_project_id REFERENCES project (id) ON DELETE CASCADE,
    "externalId" varchar NOT NULL,
    "ownerId" varchar(21)
        CONSTRAINT fk_flow_owner_id REFERENCES "user" (id) ON DELETE SET NULL,
    "folderId" varchar(21)
        CONSTRAINT fk_flow_folder_id REFERENCES folder (id) ON DELETE SET NULL,
    status varchar NOT NULL DEFAULT 'DISABLED',
    "publishedVersionId" varchar(21),
    "operationStatus" varchar NOT NULL DEFAULT 'NONE',
    metadata jsonb,
    "timeSavedPerRun" integer,
    "templateId" varchar,
    "createdBy" jsonb
);
CREATE UNIQUE INDEX idx_flow_published_version_id ON flow ("publishedVersionId");
CREATE INDEX idx_flow_project_id ON flow ("projectId");
CREATE INDEX idx_flow_project_id_status ON flow ("projectId", status);
CREATE INDEX idx_flow_folder_id ON flow ("folderId");
CREATE INDEX idx_flow_owner_id ON flow ("ownerId");

CREATE TABLE flow_version (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "flowId" varchar(21) NOT NULL
        CONSTRAINT fk_flow_version_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "displayName" varchar NOT NULL,
    "trigger" json,
    "schemaVersion" varchar,
    state varchar NOT NULL,
    valid boolean NOT NULL,
    "connectionIds" varchar[] NOT NULL,
    "agentIds" varchar[] NOT NULL DEFAULT '{}',
    "variableNames" varchar[] NOT NULL DEFAULT '{}',
    "updatedBy" varchar(21)
        CONSTRAINT fk_flow_version_updated_by REFERENCES "user" (id) ON DELETE SET NULL,
    "backupFiles" jsonb,
    notes jsonb NOT NULL
);
CREATE INDEX idx_flow_version_flow_id_created_desc ON flow_version ("flowId", created DESC);
CREATE INDEX idx_flow_version_schema_version ON flow_version ("schemaVersion");
CREATE INDEX idx_flow_version_updated_by ON flow_version ("updatedBy");
CREATE INDEX idx_flow_version_connection_ids_gin ON flow_version USING gin ("connectionIds");

CREATE TABLE trigger_event (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_trigger_event_project_id REFERENCES project (id) ON DELETE CASCADE,
    "flowId" varchar(21) NOT NULL
        CONSTRAINT fk_trigger_event_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "sourceName" varchar NOT NULL,
    "fileId" varchar(21) NOT NULL
        CONSTRAINT fk_trigger_event_file_id REFERENCES file (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_trigger_event_file_id ON trigger_event ("fileId");
CREATE INDEX idx_trigger_event_project_id_flow_id ON trigger_event ("projectId", "flowId");
CREATE INDEX idx_trigger_event_flow_id ON trigger_event ("flowId");

CREATE TABLE trigger_source (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_trigger_source_project_id REFERENCES project (id) ON DELETE CASCADE,
    "flowId" varchar(21) NOT NULL
        CONSTRAINT fk_trigger_source_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    "flowVersionId" varchar(21) NOT NULL,
    type varchar NOT NULL,
    "pieceName" varchar NOT NULL,
    "pieceVersion" varchar NOT NULL,
    "triggerName" varchar NOT NULL,
    schedule jsonb,
    simulate boolean NOT NULL,
    deleted timestamptz
);
CREATE UNIQUE INDEX idx_trigger_flow_id_simulate ON trigger_source ("flowId", simulate) WHERE deleted IS NULL;
CREATE UNIQUE INDEX idx_trigger_project_id_flow_id_simulate ON trigger_source ("projectId", "flowId", simulate) WHERE deleted IS NULL;
CREATE INDEX idx_trigger_flow_id ON trigger_source ("flowId");
CREATE INDEX idx_trigger_project_id ON trigger_source ("projectId");
CREATE INDEX idx_trigger_flow_version_id ON trigger_source ("flowVersionId") WHERE deleted IS NULL;

CREATE TABLE app_event_routing (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "appName" varchar NOT NULL,
    event varchar NOT NULL,
    "identifierValue" varchar NOT NULL,
    "projectId" varchar(21) NOT NULL,
    "flowId" varchar(21) NOT NULL
        CONSTRAINT fk_app_event_routing_flow_id REFERENCES flow (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_app_event_flow_id_project_id_appname_identifier_value_event ON app_event_routing ("appName", "projectId", "flowId", "identifierValue", event);
CREATE INDEX idx_app_event_appname_identifier_event ON app_event_routing ("appName", "identifierValue", event);
CREATE INDEX idx_app_event_routing_flow_id ON app_event_routing ("flowId");

CREATE TABLE template (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    name varchar NOT NULL,
    summary varchar NOT NULL,
    description varchar NOT NULL,
    author varchar NOT NULL,
    type varchar NOT NULL,
    status varchar NOT NULL,
    "platformId" varchar(21)
        CONSTRAINT fk_template_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    flows json,
    tables json,
    tags jsonb NOT NULL,
    "blogUrl" varchar,
    metadata jsonb,
    categories varchar[] NOT NULL,
    pieces varchar[] NOT NULL
);
CREATE INDEX idx_template_pieces ON template USING gin (pieces);
CREATE INDEX idx_template_categories ON template USING gin (categories);
CREATE INDEX idx_template_platform_id ON template ("platformId");

-- The two tables point at each other.
ALTER TABLE flow ADD CONSTRAINT fk_flow_published_version_id FOREIGN KEY ("publishedVersionId") REFERENCES flow_version (id) ON DELETE RESTRICT;

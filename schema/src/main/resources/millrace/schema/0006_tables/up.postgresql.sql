-- The built-in tables. Creates tables only.

CREATE TABLE "table" (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_table_project_id REFERENCES project (id) ON DELETE CASCADE,
    name varchar NOT NULL,
    "externalId" varchar NOT NULL,
    "folderId" varchar(21)
        CONSTRAINT fk_table_folder_id REFERENCES folder (id) ON DELETE SET NULL,
    "trigger" varchar,
    status varchar
);
CREATE INDEX idx_table_project_id_name ON "table" ("projectId", name);
CREATE INDEX idx_table_folder_id ON "table" ("folderId");

CREATE TABLE field (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "tableId" varchar(21) NOT NULL
        CONSTRAINT fk_field_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_field_project_id REFERENCES project (id) ON DELETE CASCADE,
    name varchar NOT NULL,
    type varchar NOT NULL,
    "externalId" varchar NOT NULL,
    data jsonb
);
CREATE INDEX idx_field_project_id_table_id_name ON field ("projectId", "tableId", name);
CREATE INDEX idx_field_table_id ON field ("tableId");

CREATE TABLE record (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "tableId" varchar(21) NOT NULL
        CONSTRAINT fk_record_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_record_project_id REFERENCES project (id) ON DELETE CASCADE
);
CREATE INDEX idx_record_project_id_table_id ON record ("projectId", "tableId");
CREATE INDEX idx_record_table_id_project_id_record_id ON record ("tableId", "projectId", id);

CREATE TABLE cell (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "recordId" varchar(21) NOT NULL
        CONSTRAINT fk_cell_record_id REFERENCES record (id) ON DELETE CASCADE,
    "fieldId" varchar(21) NOT NULL
        CONSTRAINT fk_cell_field_id REFERENCES field (id) ON DELETE CASCADE,
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_cell_project_id REFERENCES project (id) ON DELETE CASCADE,
    value varchar NOT NULL
);
CREATE UNIQUE INDEX idx_cell_project_id_field_id_record_id_unique ON cell ("projectId", "fieldId", "recordId");
CREATE INDEX idx_cell_record_id ON cell ("recordId");
CREATE INDEX idx_cell_field_id ON cell ("fieldId");

CREATE TABLE table_webhook (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_table_webhook_project_id REFERENCES project (id) ON DELETE CASCADE,
    "tableId" varchar(21) NOT NULL
        CONSTRAINT fk_table_webhook_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "flowId" varchar(21) NOT NULL
        CONSTRAINT fk_table_webhook_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    events varchar[] NOT NULL
);
CREATE INDEX idx_table_webhook_flow_id ON table_webhook ("flowId");
CREATE INDEX idx_table_webhook_table_id ON table_webhook ("tableId");
CREATE INDEX idx_table_webhook_project_id ON table_webhook ("projectId");

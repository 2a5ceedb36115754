-- The built-in tables. Creates tables only.

CREATE TABLE "table" (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_table_project_id REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    "externalId" TEXT NOT NULL,
    "folderId" TEXT
        CONSTRAINT fk_table_folder_id REFERENCES folder (id) ON DELETE SET NULL,
    "trigger" TEXT,
    status TEXT
) STRICT;
CREATE INDEX idx_table_project_id_name ON "table" ("projectId", name);
CREATE INDEX idx_table_folder_id ON "table" ("folderId");

CREATE TABLE field (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "tableId" TEXT NOT NULL
        CONSTRAINT fk_field_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_field_project_id REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    "externalId" TEXT NOT NULL,
    data TEXT
) STRICT;
CREATE INDEX idx_field_project_id_table_id_name ON field ("projectId", "tableId", name);
CREATE INDEX idx_field_table_id ON field ("tableId");

CREATE TABLE record (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "tableId" TEXT NOT NULL
        CONSTRAINT fk_record_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_record_project_id REFERENCES project (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX idx_record_project_id_table_id ON record ("projectId", "tableId");
CREATE INDEX idx_record_table_id_project_id_record_id ON record ("tableId", "projectId", id);

CREATE TABLE cell (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "recordId" TEXT NOT NULL
        CONSTRAINT fk_cell_record_id REFERENCES record (id) ON DELETE CASCADE,
    "fieldId" TEXT NOT NULL
        CONSTRAINT fk_cell_field_id REFERENCES field (id) ON DELETE CASCADE,
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_cell_project_id REFERENCES project (id) ON DELETE CASCADE,
    value TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_cell_project_id_field_id_record_id_unique ON cell ("projectId", "fieldId", "recordId");
CREATE INDEX idx_cell_record_id ON cell ("recordId");
CREATE INDEX idx_cell_field_id ON cell ("fieldId");

CREATE TABLE table_webhook (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_table_webhook_project_id REFERENCES project (id) ON DELETE CASCADE,
    "tableId" TEXT NOT NULL
        CONSTRAINT fk_table_webhook_table_id REFERENCES "table" (id) ON DELETE CASCADE,
    "flowId" TEXT NOT NULL
        CONSTRAINT fk_table_webhook_flow_id REFERENCES flow (id) ON DELETE CASCADE,
    events TEXT NOT NULL
) STRICT;
CREATE INDEX idx_table_webhook_flow_id ON table_webhook ("flowId");
CREATE INDEX idx_table_webhook_table_id ON table_webhook ("tableId");
CREATE INDEX idx_table_webhook_project_id ON table_webhook ("projectId");

-- Runs, their journal and queue, and the processes that drive them (design, how a run executes and storage of runs).
-- Creates tables only. The same tables as on PostgreSQL, plain: one process and no partitions. No foreign keys.

CREATE TABLE flow_run (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL,
    "flowId" TEXT NOT NULL,
    "flowVersionId" TEXT NOT NULL,
    environment TEXT,
    status TEXT NOT NULL,
    "parentRunId" TEXT,
    "failParentOnFailure" INTEGER NOT NULL DEFAULT 1,
    "triggeredBy" TEXT,
    tags TEXT,
    "startTime" INTEGER,
    "finishTime" INTEGER,
    "failedStep" TEXT,
    "stepsCount" INTEGER NOT NULL DEFAULT 0,
    "stepNameToTest" TEXT,
    "archivedAt" INTEGER,
    "logsFileId" TEXT,
    "importedId" TEXT,
    "internalError" TEXT,
    journal BLOB
) STRICT;
CREATE INDEX idx_run_project_id_created ON flow_run ("projectId", created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NULL;
CREATE INDEX idx_run_project_id_flow_id_created ON flow_run ("projectId", "flowId", created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NULL;
CREATE INDEX idx_run_project_id_status_created ON flow_run ("projectId", status, created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NULL AND status <> 'SUCCEEDED';
-- These hold few rows: a run that succeeds, which is the rule, adds nothing to them.
CREATE INDEX idx_run_project_id_flow_id_status_created ON flow_run ("projectId", "flowId", status, created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NULL AND status <> 'SUCCEEDED';
CREATE INDEX idx_run_project_id_failed_created ON flow_run ("projectId", created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "failedStep" IS NOT NULL;
CREATE INDEX idx_run_project_id_failed_step_created ON flow_run
    ("projectId", json_extract("failedStep", '$.' || 'name'), created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "failedStep" IS NOT NULL;
CREATE INDEX idx_run_project_id_archived_created ON flow_run ("projectId", created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NOT NULL;
CREATE INDEX idx_run_parent_run_id ON flow_run ("parentRunId") WHERE "parentRunId" IS NOT NULL;

CREATE TABLE run_journal (
    "runId" TEXT NOT NULL,
    seq INTEGER NOT NULL,
    "projectId" TEXT NOT NULL,
    "firstPath" TEXT,
    "lastPath" TEXT,
    doc BLOB NOT NULL,
    PRIMARY KEY ("runId", seq)
) STRICT;

CREATE TABLE run_blob (
    "runId" TEXT NOT NULL,
    path TEXT NOT NULL,
    part INTEGER NOT NULL,
    "projectId" TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY ("runId", path, part)
) STRICT;

-- The only table that changes for each run.
CREATE TABLE run_queue (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL,
    "flowId" TEXT NOT NULL,
    "flowVersionId" TEXT NOT NULL,
    environment TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    "processId" TEXT,
    lane INTEGER,
    "dueAt" INTEGER,
    "waitpointId" TEXT,
    woken INTEGER NOT NULL DEFAULT 0,
    takeovers INTEGER NOT NULL DEFAULT 0,
    "takeoverPath" TEXT,
    "startTime" INTEGER,
    "parentRunId" TEXT,
    "failParentOnFailure" INTEGER NOT NULL DEFAULT 1,
    "parentWaitpointId" TEXT,
    "triggeredBy" TEXT,
    "stepNameToTest" TEXT,
    recorded INTEGER NOT NULL DEFAULT 0,
    "cancelAsked" INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    "replyTo" TEXT,
    doc BLOB
) STRICT;
CREATE INDEX idx_run_queue_process_id ON run_queue ("processId");
-- Paused runs lie here for months, held ones of a restored database too: the indexes of those that may start do not
-- hold them. Projects take turns.
CREATE INDEX idx_run_queue_waiting ON run_queue ("projectId", priority, created) WHERE status = 'QUEUED' AND held = 0;
CREATE INDEX idx_run_queue_project_id_created ON run_queue ("projectId", created DESC, id DESC);
CREATE INDEX idx_run_queue_due_at ON run_queue ("dueAt") WHERE status = 'PAUSED' AND held = 0;
CREATE INDEX idx_run_queue_cancel_asked ON run_queue (id) WHERE "cancelAsked";
CREATE INDEX idx_run_queue_parent_run_id ON run_queue ("parentRunId") WHERE "parentRunId" IS NOT NULL;

-- Calls whose process ended before their result was durable.
CREATE TABLE run_doubt (
    "runId" TEXT NOT NULL,
    path TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    "projectId" TEXT NOT NULL,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    times INTEGER NOT NULL DEFAULT 1,
    type TEXT NOT NULL,
    choice TEXT NOT NULL,
    happened INTEGER,
    decided INTEGER,
    PRIMARY KEY ("runId", path, attempt)
) STRICT;
CREATE INDEX idx_run_doubt_project_id_created ON run_doubt ("projectId", created DESC);

CREATE TABLE process (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    started INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    heartbeat INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)
) STRICT;

CREATE TABLE lane (
    "processId" TEXT NOT NULL,
    lane INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    "lastFlush" INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY ("processId", lane)
) STRICT;

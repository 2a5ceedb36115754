-- Runs, their journal and queue, and the processes that drive them (design, how a run executes and storage of runs).
-- Creates tables only. Run ids sort by time, so the three large tables are partitioned by range of id; the server
-- makes the partitions, one a day and DEFAULT. There are no foreign keys from or to these tables: they would cost a
-- third of the flush, and whole days are dropped. Documents are compressed before they come here: STORAGE EXTERNAL.

CREATE TABLE flow_run (
    id varchar(21) COLLATE "C" NOT NULL PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL,
    "flowId" varchar(21) NOT NULL,
    "flowVersionId" varchar(21) NOT NULL,
    environment varchar,
    status varchar NOT NULL,
    "parentRunId" varchar(21) COLLATE "C",
    "failParentOnFailure" boolean NOT NULL DEFAULT true,
    "triggeredBy" varchar(21),
    tags varchar[],
    "startTime" timestamptz,
    "finishTime" timestamptz,
    "failedStep" jsonb,
    "stepsCount" integer NOT NULL DEFAULT 0,
    "stepNameToTest" varchar,
    "archivedAt" timestamptz,
    "logsFileId" varchar(21),
    "importedId" varchar(21),
    "internalError" jsonb,
    journal bytea
) PARTITION BY RANGE (id);
ALTER TABLE flow_run ALTER COLUMN journal SET STORAGE EXTERNAL;
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
    ("projectId", ("failedStep" ->> 'name'), created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "failedStep" IS NOT NULL;
CREATE INDEX idx_run_project_id_archived_created ON flow_run ("projectId", created DESC, id DESC)
    WHERE environment = 'PRODUCTION' AND "archivedAt" IS NOT NULL;
CREATE INDEX idx_run_tags ON flow_run USING gin (tags) WHERE tags IS NOT NULL;
CREATE INDEX idx_run_parent_run_id ON flow_run ("parentRunId") WHERE "parentRunId" IS NOT NULL;

CREATE TABLE run_journal (
    "runId" varchar(21) COLLATE "C" NOT NULL,
    seq integer NOT NULL,
    "projectId" varchar(21) NOT NULL,
    "firstPath" text,
    "lastPath" text,
    doc bytea NOT NULL,
    PRIMARY KEY ("runId", seq)
) PARTITION BY RANGE ("runId");
ALTER TABLE run_journal ALTER COLUMN doc SET STORAGE EXTERNAL;

CREATE TABLE run_blob (
    "runId" varchar(21) COLLATE "C" NOT NULL,
    path text NOT NULL,
    part integer NOT NULL,
    "projectId" varchar(21) NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY ("runId", path, part)
) PARTITION BY RANGE ("runId");
ALTER TABLE run_blob ALTER COLUMN data SET STORAGE EXTERNAL;

-- The only table that changes for each run: half-empty pages keep updates on their page, and vacuum comes early.
CREATE TABLE run_queue (
    id varchar(21) COLLATE "C" NOT NULL PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL,
    "flowId" varchar(21) NOT NULL,
    "flowVersionId" varchar(21) NOT NULL,
    environment varchar NOT NULL,
    status varchar NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    "processId" varchar(21),
    lane smallint,
    "dueAt" timestamptz,
    "waitpointId" varchar(21),
    woken boolean NOT NULL DEFAULT false,
    takeovers integer NOT NULL DEFAULT 0,
    "takeoverPath" text,
    "startTime" timestamptz,
    "parentRunId" varchar(21) COLLATE "C",
    "failParentOnFailure" boolean NOT NULL DEFAULT true,
    "parentWaitpointId" varchar(21),
    "triggeredBy" varchar(21),
    "stepNameToTest" varchar,
    recorded boolean NOT NULL DEFAULT false,
    "cancelAsked" boolean NOT NULL DEFAULT false,
    held boolean NOT NULL DEFAULT false,
    "replyTo" text,
    doc bytea
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE run_queue ALTER COLUMN doc SET STORAGE EXTERNAL;
CREATE INDEX idx_run_queue_process_id ON run_queue ("processId");
-- Paused runs lie here for months, held ones of a restored database too: the indexes of those that may start do not
-- hold them. Projects take turns.
CREATE INDEX idx_run_queue_waiting ON run_queue ("projectId", priority, created) WHERE status = 'QUEUED' AND NOT held;
CREATE INDEX idx_run_queue_project_id_created ON run_queue ("projectId", created DESC, id DESC);
CREATE INDEX idx_run_queue_due_at ON run_queue ("dueAt") WHERE status = 'PAUSED' AND NOT held;
CREATE INDEX idx_run_queue_cancel_asked ON run_queue (id) WHERE "cancelAsked";
CREATE INDEX idx_run_queue_parent_run_id ON run_queue ("parentRunId") WHERE "parentRunId" IS NOT NULL;

-- Calls whose process ended before their result was durable: the effect may have happened. One row a doubtful call,
-- written before anything is done about it; it goes with its run.
CREATE TABLE run_doubt (
    "runId" varchar(21) COLLATE "C" NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    "projectId" varchar(21) NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    times integer NOT NULL DEFAULT 1,
    type varchar NOT NULL,
    choice varchar NOT NULL,
    happened boolean,
    decided timestamptz,
    PRIMARY KEY ("runId", path, attempt)
);
CREATE INDEX idx_run_doubt_project_id_created ON run_doubt ("projectId", created DESC);

CREATE TABLE process (
    id varchar(21) NOT NULL PRIMARY KEY,
    name text NOT NULL,
    started timestamptz NOT NULL DEFAULT now(),
    heartbeat timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE lane (
    "processId" varchar(21) NOT NULL,
    lane smallint NOT NULL,
    epoch bigint NOT NULL,
    "lastFlush" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY ("processId", lane)
) WITH (fillfactor = 50);

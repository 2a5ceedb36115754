-- Where paused runs wait. Creates a table only. No foreign key to the run: runs have none (design, storage of runs).

CREATE TABLE waitpoint (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "flowRunId" TEXT NOT NULL,
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_waitpoint_project_id REFERENCES project (id) ON DELETE CASCADE,
    "stepName" TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT 'V0',
    "resumeDateTime" INTEGER,
    "responseToSend" TEXT,
    "workerHandlerId" TEXT,
    "httpRequestId" TEXT,
    "resumePayload" TEXT,
    policy TEXT
) STRICT;
CREATE UNIQUE INDEX idx_waitpoint_flow_run_id_step_name ON waitpoint ("flowRunId", "stepName");
CREATE INDEX idx_waitpoint_project_id ON waitpoint ("projectId");
CREATE INDEX idx_waitpoint_resume_date_time ON waitpoint ("resumeDateTime") WHERE status = 'PENDING' AND "resumeDateTime" IS NOT NULL;

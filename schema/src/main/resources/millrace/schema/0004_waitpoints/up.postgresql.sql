-- Where paused runs wait. Creates a table only. No foreign key to the run: runs have none (design, storage of runs).

CREATE TABLE waitpoint (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "flowRunId" varchar(21) COLLATE "C" NOT NULL,
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_waitpoint_project_id REFERENCES project (id) ON DELETE CASCADE,
    "stepName" varchar NOT NULL DEFAULT '',
    type varchar NOT NULL,
    status varchar NOT NULL,
    version varchar NOT NULL DEFAULT 'V0',
    "resumeDateTime" timestamptz,
    "responseToSend" json,
    "workerHandlerId" varchar,
    "httpRequestId" varchar,
    "resumePayload" json,
    policy json
);
CREATE UNIQUE INDEX idx_waitpoint_flow_run_id_step_name ON waitpoint ("flowRunId", "stepName");
CREATE INDEX idx_waitpoint_project_id ON waitpoint ("projectId");
CREATE INDEX idx_waitpoint_resume_date_time ON waitpoint ("resumeDateTime") WHERE status = 'PENDING' AND "resumeDateTime" IS NOT NULL;

-- Audit, alerts and integrations of the platform. Creates tables only.

CREATE TABLE audit_event (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_audit_event_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" varchar(21),
    "projectDisplayName" varchar,
    action varchar NOT NULL,
    "userId" varchar(21),
    "userEmail" varchar,
    ip varchar,
    data jsonb NOT NULL
);
CREATE INDEX audit_event_platform_id_project_id_user_id_action_idx ON audit_event ("platformId", "projectId", "userId", action);
CREATE INDEX audit_event_platform_id_user_id_action_idx ON audit_event ("platformId", "userId", action);
CREATE INDEX audit_event_platform_id_action_idx ON audit_event ("platformId", action);
CREATE INDEX audit_event_platform_id_created_id_idx ON audit_event ("platformId", created DESC, id DESC);

CREATE TABLE alert (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "projectId" varchar(21) NOT NULL
        CONSTRAINT fk_alert_project_id REFERENCES project (id) ON DELETE CASCADE,
    channel varchar NOT NULL,
    receiver varchar NOT NULL
);
CREATE UNIQUE INDEX idx_alert_project_id_receiver ON alert ("projectId", receiver);

CREATE TABLE event_destination (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_event_destination_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" varchar(21)
        CONSTRAINT fk_event_destination_project_id REFERENCES project (id) ON DELETE CASCADE,
    scope varchar NOT NULL,
    events varchar[] NOT NULL,
    url varchar NOT NULL
);
CREATE INDEX idx_event_destination_platform_scope ON event_destination ("platformId") WHERE scope = 'PLATFORM';
CREATE INDEX idx_event_destination_project_scope ON event_destination ("projectId") WHERE scope = 'PROJECT';

CREATE TABLE mcp_server (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21)
        CONSTRAINT fk_mcp_server_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" varchar(21)
        CONSTRAINT fk_mcp_server_project_id REFERENCES project (id) ON DELETE CASCADE,
    type varchar NOT NULL,
    token varchar NOT NULL,
    "disabledTools" jsonb
);
CREATE UNIQUE INDEX idx_mcp_server_token ON mcp_server (token);
CREATE UNIQUE INDEX idx_mcp_server_project_id ON mcp_server ("projectId");
CREATE UNIQUE INDEX idx_mcp_server_platform_id ON mcp_server ("platformId");

CREATE TABLE ai_provider (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    "platformId" varchar(21) NOT NULL
        CONSTRAINT fk_ai_provider_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    provider varchar NOT NULL,
    "displayName" varchar NOT NULL,
    config json NOT NULL,
    auth json NOT NULL,
    "enabledForChat" boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX idx_ai_provider_platform_id_provider ON ai_provider ("platformId", provider);

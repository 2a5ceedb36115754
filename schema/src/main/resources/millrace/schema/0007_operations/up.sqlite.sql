-- Audit, alerts and integrations of the platform. Creates tables only.

CREATE TABLE audit_event (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_audit_event_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" TEXT,
    "projectDisplayName" TEXT,
    action TEXT NOT NULL,
    "userId" TEXT,
    "userEmail" TEXT,
    ip TEXT,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX audit_event_platform_id_project_id_user_id_action_idx ON audit_event ("platformId", "projectId", "userId", action);
CREATE INDEX audit_event_platform_id_user_id_action_idx ON audit_event ("platformId", "userId", action);
CREATE INDEX audit_event_platform_id_action_idx ON audit_event ("platformId", action);
CREATE INDEX audit_event_platform_id_created_id_idx ON audit_event ("platformId", created DESC, id DESC);

CREATE TABLE alert (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "projectId" TEXT NOT NULL
        CONSTRAINT fk_alert_project_id REFERENCES project (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    receiver TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_alert_project_id_receiver ON alert ("projectId", receiver);

CREATE TABLE event_destination (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_event_destination_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" TEXT
        CONSTRAINT fk_event_destination_project_id REFERENCES project (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    events TEXT NOT NULL,
    url TEXT NOT NULL
) STRICT;
CREATE INDEX idx_event_destination_platform_scope ON event_destination ("platformId") WHERE scope = 'PLATFORM';
CREATE INDEX idx_event_destination_project_scope ON event_destination ("projectId") WHERE scope = 'PROJECT';

CREATE TABLE mcp_server (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT
        CONSTRAINT fk_mcp_server_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    "projectId" TEXT
        CONSTRAINT fk_mcp_server_project_id REFERENCES project (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    token TEXT NOT NULL,
    "disabledTools" TEXT
) STRICT;
CREATE UNIQUE INDEX idx_mcp_server_token ON mcp_server (token);
CREATE UNIQUE INDEX idx_mcp_server_project_id ON mcp_server ("projectId");
CREATE UNIQUE INDEX idx_mcp_server_platform_id ON mcp_server ("platformId");

CREATE TABLE ai_provider (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    "platformId" TEXT NOT NULL
        CONSTRAINT fk_ai_provider_platform_id REFERENCES platform (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    config TEXT NOT NULL,
    auth TEXT NOT NULL,
    "enabledForChat" INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX idx_ai_provider_platform_id_provider ON ai_provider ("platformId", provider);

-- loses rows
-- Locks and drops the tables that up created, with all their rows.

DROP TABLE ai_provider;
DROP TABLE mcp_server;
DROP TABLE event_destination;
DROP TABLE alert;
DROP TABLE audit_event;

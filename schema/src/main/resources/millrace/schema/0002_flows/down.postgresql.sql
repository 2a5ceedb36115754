-- loses rows
-- Locks and drops the tables that up created, with all their rows.

ALTER TABLE flow DROP CONSTRAINT fk_flow_published_version_id;
DROP TABLE template;
DROP TABLE app_event_routing;
DROP TABLE trigger_source;
DROP TABLE trigger_event;
DROP TABLE flow_version;
DROP TABLE flow;
DROP TABLE folder;
DROP TABLE file;

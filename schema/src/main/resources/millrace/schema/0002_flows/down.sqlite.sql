-- loses rows
-- Drops the tables that up created, with all their rows.

DROP TABLE template;
DROP TABLE app_event_routing;
DROP TABLE trigger_source;
DROP TABLE trigger_event;
DROP TABLE flow_version;
DROP TABLE flow;
DROP TABLE folder;
DROP TABLE file;

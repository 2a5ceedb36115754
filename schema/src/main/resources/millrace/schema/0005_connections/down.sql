-- loses rows
-- Locks and drops the tables that up created, with all their rows.

DROP TABLE store_entry;
DROP TABLE piece_tag;
DROP TABLE tag;
DROP TABLE piece_metadata;
DROP TABLE variable;
DROP TABLE app_connection;

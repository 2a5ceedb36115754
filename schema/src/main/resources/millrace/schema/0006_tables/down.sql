-- loses rows
-- Locks and drops the tables that up created, with all their rows.

DROP TABLE table_webhook;
DROP TABLE cell;
DROP TABLE record;
DROP TABLE field;
DROP TABLE "table";

-- loses rows
-- Locks and drops the tables that up created, with their partitions and all runs.

DROP TABLE lane;
DROP TABLE process;
DROP TABLE run_doubt;
DROP TABLE run_queue;
DROP TABLE run_blob;
DROP TABLE run_journal;
DROP TABLE flow_run;

-- Backups that were made of this database, and in the row 'origin' where the database itself came from and lies.

CREATE TABLE backup (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    updated INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000),
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    location TEXT,
    bytes INTEGER,
    rows INTEGER,
    checksum TEXT,
    finished INTEGER,
    message TEXT,
    detail TEXT
) STRICT;
CREATE INDEX idx_backup_created ON backup (created DESC);

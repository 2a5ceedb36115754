-- Backups that were made of this database, and in the row 'origin' where the database itself came from and lies: what
-- tells a restored copy from its source. Creates a table only.

CREATE TABLE backup (
    id varchar(21) PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    kind varchar NOT NULL,
    status varchar NOT NULL,
    location text,
    bytes bigint,
    rows bigint,
    checksum varchar,
    finished timestamptz,
    message text,
    detail jsonb
);
CREATE INDEX idx_backup_created ON backup (created DESC);

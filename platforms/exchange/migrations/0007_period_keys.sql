-- Which cases and persons a full period holds, so that a search opens only the periods that may hold what it looks for. A
-- case or person falls into one of 65,536 buckets, and leaves a print of two bytes there: what all periods say of one bucket
-- stands together. Everything here is made again from the messages.
CREATE TABLE period_keys (
    bucket INTEGER NOT NULL,
    period INTEGER NOT NULL,
    prints BLOB NOT NULL,
    PRIMARY KEY (bucket, period)
) STRICT, WITHOUT ROWID;

-- 1 once the period is full and all of its cases and persons are listed.
ALTER TABLE periods ADD COLUMN has_keys INTEGER NOT NULL DEFAULT 0;

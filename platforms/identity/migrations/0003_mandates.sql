-- For whom a person acts. Rows are ended, never deleted: who acted for whom on a day can be told later.
CREATE TABLE mandates (
    id BLOB NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('child', 'represented', 'organisation')),
    subject TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    basis TEXT NOT NULL,
    from_day TEXT NOT NULL,
    -- The first day it no longer holds; null while no end is known.
    until_day TEXT,
    -- The system that registered it, which alone ends it.
    registered_by TEXT NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mandates_of_holder ON mandates (holder, from_day);

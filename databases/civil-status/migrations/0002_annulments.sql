-- Entries whose papers were withdrawn because they were registered against the law (Law 60/2014/QH13 articles 12(2), 70 and
-- 71). What such an entry last said has ended too.
CREATE TABLE annulments (
    registration BLOB NOT NULL PRIMARY KEY REFERENCES entries (registration),
    legal_basis TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    annulled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

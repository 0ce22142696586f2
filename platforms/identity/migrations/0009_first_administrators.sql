-- The first administrators of an agency, whom whoever runs the node appoints: what was done, and its seal in the ledger once
-- it is there.
CREATE TABLE appointments (
    post BLOB NOT NULL PRIMARY KEY REFERENCES posts (id),
    content TEXT NOT NULL,
    seal TEXT
) STRICT, WITHOUT ROWID;

-- Checkpoints of a node's ledger that others attested: cosigned by witnesses, stamped with a time. Nothing here can be
-- made again from the ledger.
CREATE TABLE attestations (
    ledger TEXT NOT NULL,
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL,
    time_stamp BLOB,
    PRIMARY KEY (ledger, size)
) STRICT, WITHOUT ROWID;

-- How each of them has answered last: the size it attested last and when, and what is wrong; nothing when all is well.
CREATE TABLE attesters (
    ledger TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    attested_at INTEGER,
    asked_at INTEGER NOT NULL,
    fault TEXT NOT NULL,
    PRIMARY KEY (ledger, name)
) STRICT, WITHOUT ROWID;

-- As a witness of other ledgers: the checkpoint of each that this node cosigned last.
CREATE TABLE witnessed (
    ledger TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- As a witness: checkpoints that can't be of one ledger. Kept for good.
CREATE TABLE forks (
    id BLOB PRIMARY KEY NOT NULL,
    ledger TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    evidence TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX forks_by_ledger ON forks (ledger, kind);

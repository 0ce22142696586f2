-- Access that was asked for. The rule is that of the configuration, as JSON.
CREATE TABLE requests (
    id BLOB NOT NULL PRIMARY KEY,
    system TEXT NOT NULL,
    rule TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    due_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('asked', 'granted', 'refused', 'ended')),
    decided_at INTEGER,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_state ON requests (state, asked_at);
CREATE INDEX requests_by_asker ON requests (asked_by, asked_at);
CREATE INDEX requests_by_system ON requests (system, asked_at);

-- Groups of systems that the member has named; the systems are a JSON list.
CREATE TABLE local_groups (
    code TEXT NOT NULL PRIMARY KEY,
    systems TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The log. The ledger has the entry of each line.
CREATE TABLE steps (
    id BLOB NOT NULL PRIMARY KEY,
    about TEXT NOT NULL,
    at INTEGER NOT NULL,
    change TEXT NOT NULL,
    done_by TEXT NOT NULL,
    said TEXT NOT NULL,
    salt BLOB NOT NULL,
    entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_by_subject ON steps (about, entry);

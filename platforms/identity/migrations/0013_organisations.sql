-- Accounts of organisations. A row is never deleted: its identifier and its subjects at services are not given to another.
CREATE TABLE organisations (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Who represents it by law, and the mandate that says so.
    representative BLOB NOT NULL REFERENCES accounts (id),
    representation BLOB NOT NULL REFERENCES mandates (id),
    state TEXT NOT NULL CHECK (state IN ('active', 'locked', 'locked-by-office', 'closed')),
    version INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX organisations_one_a_code ON organisations (code) WHERE state <> 'closed';
CREATE INDEX organisations_of_representative ON organisations (representative, id);
CREATE INDEX organisations_by_representation ON organisations (representation);

-- What is decided at an office, by two officials: an account, or another representative where there is one.
CREATE TABLE organisation_applications (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    basis TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    unit TEXT,
    document TEXT,
    checked_by TEXT,
    checked_at INTEGER,
    outcome TEXT CHECK (outcome IN ('approved', 'refused', 'withdrawn')),
    reason TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    CHECK (outcome IS NULL OR outcome <> 'approved' OR decided_by <> checked_by)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX organisation_applications_open ON organisation_applications (account, code) WHERE outcome IS NULL;
CREATE INDEX organisation_applications_of_account ON organisation_applications (account, id);
CREATE INDEX organisation_applications_checked ON organisation_applications (unit, id) WHERE outcome IS NULL AND checked_at IS NOT NULL;

-- What was done with an account and in its name, and by whom.
CREATE TABLE organisation_deeds (
    id BLOB NOT NULL PRIMARY KEY,
    organisation BLOB NOT NULL REFERENCES organisations (id),
    at INTEGER NOT NULL,
    act TEXT NOT NULL,
    -- A personal number, or the system that said so.
    done_by TEXT NOT NULL,
    -- Whom or what it is about: an employee, a service, a reason.
    about TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX organisation_deeds_of ON organisation_deeds (organisation, id);

-- An employee's mandate hangs on the account, and holds while that is active and represented.
ALTER TABLE mandates ADD COLUMN organisation BLOB REFERENCES organisations (id);
CREATE INDEX mandates_of_organisation ON mandates (organisation, from_day, id);

-- In whose name a service is used.
ALTER TABLE grants ADD COLUMN organisation BLOB REFERENCES organisations (id);
CREATE INDEX grants_of_organisation ON grants (organisation, id) WHERE organisation IS NOT NULL;

-- One dossier makes one application. `child_key` tells when two applications speak of the same child; `obstacle` why a
-- decided registration came back to the registrar.
CREATE TABLE applications (
    application BLOB NOT NULL PRIMARY KEY,
    dossier TEXT NOT NULL UNIQUE,
    received_by TEXT NOT NULL,
    commune TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    units TEXT NOT NULL,
    child_key TEXT,
    late INTEGER NOT NULL CHECK (late IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'registering', 'registered', 'returned', 'refused')),
    version INTEGER NOT NULL,
    filed_at INTEGER NOT NULL,
    obstacle TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX applications_one_a_child ON applications (child_key)
    WHERE state IN ('waiting', 'registering', 'registered');
CREATE INDEX applications_waiting ON applications (commune, due_at, application) WHERE state = 'waiting';
CREATE INDEX applications_state ON applications (state, late);

-- What was decided of which version, with the content as it was then.
CREATE TABLE decisions (
    application BLOB NOT NULL REFERENCES applications (application),
    version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('register', 'return', 'refuse')),
    reason TEXT NOT NULL,
    content TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (application, version)
) STRICT, WITHOUT ROWID;

-- The book of one kind of event of a commune and year. `entries` is also the number of the last entry.
CREATE TABLE books (
    commune TEXT NOT NULL,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    entries INTEGER NOT NULL CHECK (entries >= 0),
    closed_at INTEGER,
    closed_by TEXT,
    closed_by_name TEXT,
    seal_entry TEXT,
    seal_salt BLOB,
    seal_proof TEXT,
    PRIMARY KEY (commune, kind, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    registration BLOB NOT NULL PRIMARY KEY,
    application BLOB NOT NULL UNIQUE REFERENCES applications (application),
    commune TEXT NOT NULL,
    year INTEGER NOT NULL,
    number INTEGER,
    registered_on TEXT NOT NULL,
    registrar TEXT NOT NULL,
    registrar_name TEXT NOT NULL,
    child_number INTEGER UNIQUE,
    UNIQUE (commune, year, number)
) STRICT, WITHOUT ROWID;

-- What an entry says, on both time axes: from which day it is true, and since and until when the register said so. An
-- amendment is itself an entry of the book of changes and has its number there.
CREATE TABLE entry_versions (
    registration BLOB NOT NULL REFERENCES entries (registration),
    version INTEGER NOT NULL,
    form TEXT NOT NULL,
    units TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    known_from INTEGER NOT NULL,
    known_until INTEGER,
    amendment_id BLOB UNIQUE,
    amendment TEXT CHECK (amendment IN ('correction', 'change')),
    amendment_commune TEXT,
    amendment_year INTEGER,
    amendment_number INTEGER,
    reason TEXT,
    legal_basis TEXT,
    decided_by TEXT,
    decided_by_name TEXT,
    seal_entry TEXT,
    seal_salt BLOB,
    seal_proof TEXT,
    PRIMARY KEY (registration, version),
    UNIQUE (amendment_commune, amendment_year, amendment_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates (
    code TEXT NOT NULL PRIMARY KEY,
    registration BLOB NOT NULL,
    version INTEGER NOT NULL,
    pdf BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    superseded_at INTEGER,
    seal_entry TEXT NOT NULL,
    seal_salt BLOB NOT NULL,
    seal_proof TEXT NOT NULL,
    UNIQUE (registration, version),
    FOREIGN KEY (registration, version) REFERENCES entry_versions (registration, version)
) STRICT;

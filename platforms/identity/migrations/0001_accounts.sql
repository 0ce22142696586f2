-- An account is never deleted: its identifier and its subjects at services are not given to somebody else.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    person INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    contact_kind TEXT NOT NULL CHECK (contact_kind IN ('phone', 'email')),
    contact_address TEXT NOT NULL,
    -- argon2id, with the cost it was made with.
    password_memory_kib INTEGER NOT NULL,
    password_passes INTEGER NOT NULL,
    password_salt BLOB NOT NULL,
    password_tag BLOB NOT NULL,
    -- SHA-256 of the recovery key, which is random.
    recovery_tag BLOB NOT NULL,
    totp_secret BLOB,
    -- The last step of time whose code was taken.
    totp_step INTEGER NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
    credential BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL CHECK (counter >= 0),
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    label TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_of_account ON passkeys (account, added_at);

-- Browsers in which an account was signed in to with all factors. Secrets of browsers are kept as SHA-256.
CREATE TABLE browsers (
    account BLOB NOT NULL REFERENCES accounts (id),
    hash BLOB NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash BLOB NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL REFERENCES accounts (id),
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    methods TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    proven_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    device TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_account ON sessions (account, opened_at);

-- What waits for the next answer of a browser.
CREATE TABLE steps (
    hash BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_expire ON steps (expires_at);

-- Guesses since the last right one.
CREATE TABLE lanes (
    lane TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_old ON lanes (last_at);

CREATE TABLE deeds (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    at INTEGER NOT NULL,
    act TEXT NOT NULL,
    device TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deeds_of_account ON deeds (account, at);

-- The check of a person at an office, by two officials.
CREATE TABLE office_checks (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    unit TEXT NOT NULL,
    document TEXT NOT NULL,
    checked_by TEXT NOT NULL,
    checked_at INTEGER NOT NULL,
    confirmed_by TEXT,
    confirmed_at INTEGER,
    -- SHA-256 of the code the person was given.
    code_tag BLOB UNIQUE,
    used_at INTEGER,
    CHECK (confirmed_by IS NULL OR confirmed_by <> checked_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX office_checks_open ON office_checks (unit, checked_at) WHERE confirmed_at IS NULL;

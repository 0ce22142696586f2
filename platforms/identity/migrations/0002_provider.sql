CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    registration TEXT NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One key an algorithm and period; whoever first needs the key of a period makes it.
CREATE TABLE signing_keys (
    algorithm TEXT NOT NULL CHECK (algorithm IN ('ES256', 'EdDSA')),
    period INTEGER NOT NULL,
    kid TEXT NOT NULL UNIQUE,
    pkcs8 BLOB NOT NULL,
    PRIMARY KEY (algorithm, period)
) STRICT, WITHOUT ROWID;

-- Keys that never change, such as the one that makes subjects.
CREATE TABLE lasting_keys (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Authorization requests, pushed or begun.
CREATE TABLE requests (
    hash BLOB NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_expire ON requests (expires_at);

-- What a person was asked for a client, and what of it they gave.
CREATE TABLE consents (
    account BLOB NOT NULL REFERENCES accounts (id),
    client TEXT NOT NULL,
    asked TEXT NOT NULL,
    given TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    PRIMARY KEY (account, client)
) STRICT, WITHOUT ROWID;

-- All tokens that come from one authorization.
CREATE TABLE grants (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    client TEXT NOT NULL,
    session BLOB NOT NULL,
    offline INTEGER NOT NULL CHECK (offline IN (0, 1)),
    content TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_of_session ON grants (session);
CREATE INDEX grants_of_account ON grants (account, client);
CREATE INDEX grants_expire ON grants (expires_at);

-- Codes and refresh tokens: each is used once, and a second use revokes the grant.
CREATE TABLE tickets (
    hash BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'refresh')),
    grant_id BLOB NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_of_grant ON tickets (grant_id);

-- Assertions of clients that were used, until they expire.
CREATE TABLE assertions (
    hash BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX assertions_expire ON assertions (expires_at);

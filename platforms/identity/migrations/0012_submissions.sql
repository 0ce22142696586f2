-- Signatures that systems have asked for, by the hash of their ticket, until they are over.
CREATE TABLE signature_requests (
    hash BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    -- The system that asked, which alone fetches the signature.
    asked_by TEXT NOT NULL,
    digest BLOB NOT NULL,
    -- What the person is told of the submission, as JSON.
    shown TEXT NOT NULL,
    return_to TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    signed BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX signature_requests_expire ON signature_requests (expires_at);

-- What people have signed. A row is never deleted: a key that is removed proves what it signed before.
CREATE TABLE signed_submissions (
    id BLOB NOT NULL PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id),
    digest BLOB NOT NULL,
    public_key BLOB NOT NULL,
    -- The level at which the key was bound.
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    evidence TEXT NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_submissions_of_account ON signed_submissions (account, digest);

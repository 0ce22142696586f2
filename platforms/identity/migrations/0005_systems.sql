-- Keys stood here in the clear. From now on they are sealed, and new ones are made.
DELETE FROM signing_keys;
DELETE FROM lasting_keys;

-- Access tokens that their client gave back, until they expire.
CREATE TABLE revoked_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_expire ON revoked_tokens (expires_at);

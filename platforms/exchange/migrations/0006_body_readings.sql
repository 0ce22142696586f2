-- Who read a body from the archive, when and why. Each is a record that the ledger seals: the content as JSON, the salt of its
-- digest, and the entry.
CREATE TABLE body_readings (
    id BLOB PRIMARY KEY NOT NULL,
    message BLOB NOT NULL,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    salt BLOB NOT NULL,
    entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX body_readings_by_message ON body_readings (message, at);

-- What is used once, and remembered, stands in the order of time: what is used at about the same time stands on the same
-- pages, and a commit of many writes few of them.
--
-- An assertion is signed with its expiry, so the same one always has the same place.
CREATE TABLE used_assertions (
    expires_at INTEGER NOT NULL,
    name BLOB NOT NULL,
    PRIMARY KEY (expires_at, name)
) STRICT, WITHOUT ROWID;
INSERT INTO used_assertions (expires_at, name) SELECT expires_at, hash FROM assertions;
DROP TABLE assertions;

-- Codes and refresh tokens, whose hash begins with when they were issued. Those of before had no such hash; they end here, and
-- their holders sign in once more. The oldest are forgotten by their place, so no index by grant is needed.
CREATE TABLE dated_tickets (
    hash BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'refresh')),
    grant_id BLOB NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
DROP TABLE tickets;

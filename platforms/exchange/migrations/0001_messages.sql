-- What the ledger's message entries say, made searchable. Everything here can be made again from the ledger.
CREATE TABLE messages (
    id BLOB PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    method TEXT NOT NULL,
    purpose TEXT NOT NULL,
    dossier TEXT NOT NULL,
    peer TEXT NOT NULL,
    status INTEGER NOT NULL,
    request_sent INTEGER,
    request_received INTEGER,
    answer_sent INTEGER,
    answer_received INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (at);
CREATE INDEX messages_by_dossier ON messages (dossier, at);

-- How far the ledger has been read.
CREATE TABLE progress (
    one INTEGER PRIMARY KEY NOT NULL,
    next_index INTEGER NOT NULL
) STRICT;
INSERT INTO progress (one, next_index) VALUES (1, 0);

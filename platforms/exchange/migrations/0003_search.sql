-- Search by person, system and service beside case and time, each in the order of time and by pages of any depth. The
-- messages are made again from the ledger.
DROP TABLE messages;
CREATE TABLE messages (
    id BLOB NOT NULL,
    ledger TEXT NOT NULL,
    at INTEGER NOT NULL,
    client TEXT NOT NULL,
    provider TEXT NOT NULL,
    service TEXT NOT NULL,
    path TEXT NOT NULL,
    method TEXT NOT NULL,
    purpose TEXT NOT NULL,
    dossier TEXT NOT NULL,
    person BLOB,
    peer TEXT NOT NULL,
    status INTEGER NOT NULL,
    request_sent INTEGER,
    request_received INTEGER,
    answer_sent INTEGER,
    answer_received INTEGER,
    PRIMARY KEY (id, ledger)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (at, id);
CREATE INDEX messages_by_dossier ON messages (dossier, at, id);
CREATE INDEX messages_by_person ON messages (person, at, id);
CREATE INDEX messages_by_client ON messages (client, at, id);
CREATE INDEX messages_by_provider ON messages (provider, at, id);
CREATE INDEX messages_by_service ON messages (service, at, id);
DELETE FROM progress;

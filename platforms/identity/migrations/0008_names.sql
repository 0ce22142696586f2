-- Officials are looked for by name. Names are folded by the program, so those that are there are folded when it next looks.
ALTER TABLE accounts ADD COLUMN name_fold TEXT;
CREATE INDEX accounts_not_folded ON accounts (id) WHERE name_fold IS NULL;

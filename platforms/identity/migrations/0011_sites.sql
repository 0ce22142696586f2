-- Codes, with spaces between, of the systems whose posts a web site of the State is told; nothing for every other client.
ALTER TABLE clients ADD COLUMN systems TEXT;

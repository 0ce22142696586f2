-- Secrets of authenticator apps are sealed from now on, as the keys of tokens are. The name of the key that sealed one says
-- which are to be sealed anew when the key is replaced; those that stand here in the clear are sealed first, by nobody so far.
ALTER TABLE accounts ADD COLUMN totp_sealed_by TEXT;
UPDATE accounts SET totp_sealed_by = '' WHERE totp_secret IS NOT NULL;
CREATE INDEX accounts_totp_sealed_by ON accounts (totp_sealed_by);

-- Before the new code: which tenants let a run write many consents in one call, and consents that come to an end.

ALTER TABLE tenant ADD COLUMN mass_writes boolean NOT NULL DEFAULT false;

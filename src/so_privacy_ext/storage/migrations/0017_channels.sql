-- By which channel a notice was to go when it was claimed: `crm`, `smtp`, or the name of a plugin. The CRM's archive
-- knows of its own mails alone.
ALTER TABLE mail ADD COLUMN channel text NOT NULL DEFAULT 'crm';

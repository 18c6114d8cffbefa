-- Two pairs of eyes for partners' plugins. What two have agreed to is done once, by one of them, who gives the
-- settings: to do it again after it was switched off needs two again.
ALTER TABLE proposal DROP CONSTRAINT proposal_kind_check;
ALTER TABLE proposal ADD CONSTRAINT proposal_kind_check CHECK (kind IN ('manifest', 'run', 'plugin', 'one_pair'));
ALTER TABLE proposal ADD COLUMN done_at timestamptz;

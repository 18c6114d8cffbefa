-- All of a consumer that rested are due at the same moment: without their ids in the index they were sorted, all of
-- them, for each one that was taken.
DROP INDEX errand_due;
CREATE INDEX errand_due ON errand (tenant_id, due_at, errand_id) WHERE state = 'open';

-- What is done is looked for by person whenever one is deleted in the CRM, among all that was ever stored for a
-- tenant; it is not looked at while it waits, so that storing a delivery costs what it cost.
CREATE INDEX inbox_of_person ON inbox (tenant_id, primary_key) WHERE state = 'done';
CREATE INDEX errand_of_entity ON errand (tenant_id, entity) WHERE state = 'done';

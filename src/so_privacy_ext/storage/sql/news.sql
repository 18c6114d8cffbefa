-- name: hint
SELECT tenant_id FROM state_hint(%(environment)s, %(context_identifier)s, %(kinds)s::text[])

-- name: look_up
SELECT tenant_id, context_identifier, name, key_id, sealed FROM slot_lookup(%(slot)s)

-- name: store
SELECT inbox_store(%(tenants)b::integer[], %(event_ids)b::text[], %(hashes)b::bytea[], %(bodies)b::bytea[],
  %(names)b::text[], %(primary_keys)b::bigint[], %(events)b::text[], %(reasons)b::text[])

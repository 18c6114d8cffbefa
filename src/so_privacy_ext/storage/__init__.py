"""What must survive a power cut: inbox, journal, tenants, manifests, duties, on PostgreSQL."""

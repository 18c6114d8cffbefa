"""One tenant's slice of work: read, decide, write, tell, record."""

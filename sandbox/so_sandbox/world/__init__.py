"""The state of a make-believe SuperOffice: tenants, their rows, the clock, and what goes wrong on request."""

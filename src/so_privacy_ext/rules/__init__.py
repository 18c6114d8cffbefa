"""What a tenant's administrator wrote, and what it decides for one person."""

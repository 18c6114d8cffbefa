"""What the world reaches by HTTP: the receiver of webhooks, two words about our health, and pages."""

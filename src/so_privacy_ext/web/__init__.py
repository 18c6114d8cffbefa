"""What the world reaches by HTTP: the receiver of webhooks, and two words about our health."""

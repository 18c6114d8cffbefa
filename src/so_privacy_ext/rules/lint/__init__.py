"""What is wrong with a manifest that can be read: against law, against facts, against its own purpose."""

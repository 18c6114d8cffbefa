"""Who decided what, with which authority, and proof that nobody changed it since."""

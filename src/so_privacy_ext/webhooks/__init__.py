"""What SuperOffice posts to us: its signature, its payload, and which events we want; bytes in, nouns out."""

"""The mail server that a tenant has set: letters go to it by SMTP, over an encrypted connection."""

"""One page that shows what the CRM holds, sent and told."""

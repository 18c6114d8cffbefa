"""Purpose, legal basis and source of every person in a SuperOffice CRM, decided by rules and proven."""

"""A whole SuperOffice tenant and its login service on a laptop."""

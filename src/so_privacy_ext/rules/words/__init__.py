"""The condition words that the product brings; a partner's words have the same shape."""

"""The text encoder. Nothing is imported here, so that ``models.text.tokens`` stays free of torch."""

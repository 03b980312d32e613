"""Copy detection: the looks of clips, and which clips show the same pictures although their files differ."""

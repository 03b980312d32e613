"""A contrastive video-text model: clips and texts as vectors of one space. Nothing is imported here."""

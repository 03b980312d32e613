"""What the backbone's choices are held against: other objectives and other blocks, for ablations alone."""

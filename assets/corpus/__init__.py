"""The procedural corpus: moving, coloured, sounding shapes whose truth is known exactly."""

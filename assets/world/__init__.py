"""The sandbox world: sprites under physics before a moving camera, whose truth is known exactly."""

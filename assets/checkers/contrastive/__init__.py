"""Training of the contrastive video-text model on the sandbox world: statements, scenes, their store, the training."""

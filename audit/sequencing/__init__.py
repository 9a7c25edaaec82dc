"""Events into trees: one leader gives each event its place and signs the trees' checkpoints."""

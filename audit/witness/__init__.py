"""Witnesses: they remember the last checkpoint of each log and cosign only what continues it."""

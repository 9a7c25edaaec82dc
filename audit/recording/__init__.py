"""Events from where they happen to the log: one record for each unit of work."""

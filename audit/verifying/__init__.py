"""Verification of the log in the database, by somebody who may read all and change nothing."""

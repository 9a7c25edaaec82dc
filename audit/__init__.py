"""The record: an audit log per customer that nobody can rewrite unseen, the operator included."""

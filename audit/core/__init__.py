"""The heart of the log in pure Python: trees, proofs, notes, checkpoints, receipts.

No Django, no I/O, no clock, no randomness: whoever calls passes them in. The only dependency is
`cryptography`, and of it only Ed25519, so that an auditor can run it on a machine of his own.
"""

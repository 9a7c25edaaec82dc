"""The log in forms for others: bundles that prove themselves, CSV, OCSF."""

"""The log held against the server's own counters: was something done that no event tells of?"""

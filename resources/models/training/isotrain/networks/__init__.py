"""One file a network. `isotrain/tasks.py` says how each is trained; a new network is one file here and one task there."""

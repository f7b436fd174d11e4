"""Where a stack's state is kept: the state file, its journal and its lease."""

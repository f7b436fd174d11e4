"""Work that outlives its request: the tasks of runs and responses, and who answers for them."""

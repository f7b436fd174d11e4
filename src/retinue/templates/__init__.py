"""The files that ``retinue init`` writes; data, not code."""

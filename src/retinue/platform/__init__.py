"""The platform behind one seam: the SDK, retries, limits and errors live here and nowhere else."""

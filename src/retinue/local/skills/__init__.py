"""Skills: what is in a bundle, and how its versions are kept."""

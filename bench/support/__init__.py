"""What the measurements share: projects, a stand-in platform, processes, tables."""

"""Output: pure functions from the engine's data to text, Markdown and JSON lines.

Nothing here reads, writes or decides; a caller passes in where text goes. Colour lives in `style`.
"""

"""The catalogue: schema, connections, queries, edits and their history, and file formats. Knows nothing of Qt."""

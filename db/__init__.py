"""The catalogue: schema, connections, queries, history and file formats. Knows nothing of Qt."""

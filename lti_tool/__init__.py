"""The tool: joins courses and the record store to a learning platform."""

"""How the tables came to be: two branches, `tool` and `xapi`, each with a version table."""

"""What is recorded: statements (xAPI 1.0.3 and 2.0), their way out, and a store of their own."""

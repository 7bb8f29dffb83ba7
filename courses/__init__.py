"""What is taught: courses as files, their questions, and how responses are marked."""

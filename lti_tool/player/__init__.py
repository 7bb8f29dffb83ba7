"""Between a learner and a course."""

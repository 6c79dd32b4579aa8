"""What computes behind the pages: one queue for all, models in memory, what a tab watches."""

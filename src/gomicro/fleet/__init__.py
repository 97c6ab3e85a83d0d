"""Several processes that serve as one: a supervisor and its workers."""

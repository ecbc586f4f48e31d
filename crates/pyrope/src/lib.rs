//! Pyrope, a Python 3.14: the embedding API and the command.

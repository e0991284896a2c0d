"""The product shown: seven steps on a real cluster. The end-to-end tests use the same parts."""

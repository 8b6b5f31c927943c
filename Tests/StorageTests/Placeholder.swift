// The first test of Storage replaces this file.

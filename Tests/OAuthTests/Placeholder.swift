// The first test of OAuth replaces this file.

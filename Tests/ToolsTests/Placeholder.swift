// The first test of Tools replaces this file.
